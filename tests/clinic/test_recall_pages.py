"""The pages on which the report is acted on: a call is logged, somebody is snoozed, or put back on the list."""

import re
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from scheduling import services
from scheduling.domain.outcomes import Outcome
from scheduling.models import Appointment, RecallAction, Standing
from scheduling.reports import maintenance_due
from scheduling.views import chosen
from tests.clinic_world import WEEK, Clinic, at
from tests.clock import freeze_time
from tests.worlds import once_a_module

NOW = at("2026-12-18", "10:00")  # Ana's next session was due on 15 December
REPORT = "/admin/maintenance-due/?bucket=next_session_overdue&sort=name&after=abc"
SNOOZE = "/admin/maintenance-due/snooze/"


@pytest.fixture(autouse=True)
def today():
    with freeze_time(NOW):
        yield


def treated(clinic: Clinic) -> tuple[Clinic, Appointment]:
    clinic.agrees_to_recalls(clinic.ana, clinic.ben)
    return clinic, clinic.treat(clinic.ana)


made, world = once_a_module(treated)


@pytest.fixture
def clinic(world) -> Clinic:
    return world[0]


@pytest.fixture
def first(world) -> Appointment:
    return world[1]


@pytest.fixture
def desk(sign_in) -> Client:
    return sign_in("Front desk")


@pytest.fixture
def manager(sign_in) -> Client:
    return sign_in("Manager")


def here(first: Appointment) -> str:
    return f"/admin/maintenance-due/patients/{first.patient_id}/call/"


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def logs(client: Client, first: Appointment, outcome: str, **typed: str):
    shown = client.get(here(first), {"next": REPORT}).content.decode()
    carried = {name: hidden(shown, name).replace("&amp;", "&") for name in ("session", "seen", "next")}
    return client.post(here(first), {**carried, "outcome": outcome, **typed})


def said(answer) -> list[str]:
    return [re.sub(r"<[^>]+>", "", str(message)) for message in answer.wsgi_request._messages]


def bucket(patient) -> str:
    (row,) = [row for row in maintenance_due(date(2026, 12, 18), today=date(2026, 12, 18)) if row.patient_id == patient.pk]
    return row.bucket.value


class TestCall:
    @pytest.mark.parametrize("role", ["Front desk", "Manager"])
    def test_she_is_called_and_one_is_back_where_one_was(self, sign_in, first, role):
        client = sign_in(role)
        page = client.get(here(first), {"next": REPORT}).content.decode()
        assert 'href="tel:+12125550101"' in page
        assert "Next session · Microneedling, face · due Dec 15, 2026, 3 days late" in page

        answer = logs(client, first, "agreed", note="in January, after her holiday")

        assert (answer.status_code, answer["Location"]) == (302, REPORT)
        assert said(answer) == ["Ana Alvarez is off the list until January 17, 2027. A slip?"]
        (action,) = RecallAction.objects.all()
        assert (action.outcome, action.note, action.reason, action.by.username) == (
            "agreed",
            "in January, after her holiday",
            "",
            role.lower().replace(" ", ""),
        )
        assert bucket(first.patient) == "snoozed"

    @pytest.mark.parametrize(
        ("outcome", "sentence"),
        [
            ("call_later", "Ana Alvarez is off the list until December 25, 2026. A slip?"),
            ("no_answer", "The call is logged. Ana Alvarez stays on the list. A slip?"),
            ("declined", "Ana Alvarez is off the list until the next session, or until somebody puts Ana on it again. A slip?"),
        ],
    )
    def test_what_happens_now_is_said(self, desk, first, outcome, sentence):
        assert said(logs(desk, first, outcome, reason="moved away")) == [sentence]

    def test_only_who_declined_has_a_reason(self, desk, first):
        logs(desk, first, "no_answer", reason="moved away")
        assert RecallAction.objects.get().reason == ""

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({}, "Choose what came of the call."),
            ({"outcome": "told"}, "Select a valid choice"),
            ({"outcome": "declined"}, "Choose why: it is what the clinic learns from."),
            ({"outcome": "declined", "reason": "because"}, "Select a valid choice"),
            ({"outcome": "declined", "reason": "other"}, "Say in a few words why."),
            ({"outcome": "agreed", "note": "x" * 201}, "at most 200 characters"),
            ({"outcome": "agreed", "note": "a\0b"}, "Null characters are not allowed"),
        ],
    )
    def test_what_is_missing_is_said_and_what_was_typed_stays(self, desk, first, typed, sentence):
        answer = desk.post(here(first), {"session": first.pk, "seen": "0", **typed})
        assert answer.status_code == 200
        assert sentence in answer.content.decode()
        if typed.get("outcome") == "agreed":
            assert f'value="{typed["note"][:5]}' in answer.content.decode() or "\0" in typed["note"]
        assert not RecallAction.objects.exists()

    def test_something_else_is_what_the_note_says(self, desk, first):
        logs(desk, first, "declined", reason="other", note="getting married first")
        action = RecallAction.objects.get()
        assert (action.reason, action.note) == ("getting married first", "")

    def test_the_button_pressed_twice_logs_one_call(self, desk, first):
        form = {"session": first.pk, "seen": "0", "outcome": "no_answer", "next": REPORT}
        for _press in range(2):
            answer = desk.post(here(first), form)
            assert said(answer)[-1] == "The call is logged. Ana Alvarez stays on the list. A slip?"
        assert RecallAction.objects.count() == 1

    def test_what_a_colleague_logged_meanwhile_is_shown_and_the_second_press_counts(self, desk, manager, first):
        logs(manager, first, "agreed")
        late = {"session": first.pk, "seen": "0", "outcome": "no_answer", "note": "engaged"}

        page = desk.post(here(first), late).content.decode()

        assert "manager was faster, at 10:00 AM: agreed to come. If your call was another one, log it once more." in page
        assert 'value="engaged"' in page
        assert desk.post(here(first), late | {"seen": hidden(page, "seen")}).status_code == 302
        assert [action.outcome for action in RecallAction.objects.order_by("pk")] == ["agreed", "no_answer"]

    def test_booked_meanwhile_is_said_and_nothing_logged(self, clinic, desk, first):
        clinic.book(clinic.ana, at("2026-12-22"), now=NOW)
        page = desk.post(here(first), {"session": first.pk, "seen": "0", "outcome": "no_answer"}).content.decode()
        assert "Ana Alvarez is booked for December 22, 2026, so there is nothing to call about. Nothing was logged." in page
        assert "Log the call" not in page
        assert not RecallAction.objects.exists()

    def test_came_back_meanwhile_is_said_and_nothing_logged(self, clinic, desk, first):
        clinic.treat(clinic.ana, at("2026-12-17"))
        page = desk.post(here(first), {"session": first.pk, "seen": "0", "outcome": "no_answer"}).content.decode()
        assert "Ana Alvarez came back on December 17, 2026. Nothing was changed." in page
        assert not RecallAction.objects.exists()

    @pytest.mark.parametrize("session", ["", "0", "x", "9" * 40, "-1"])
    def test_garbage_for_a_session_is_a_sentence(self, desk, first, session):
        answer = desk.post(here(first), {"session": session, "seen": "y", "outcome": "no_answer"})
        assert answer.status_code == 200
        assert not RecallAction.objects.exists()

    def test_nobody_elses_page_and_no_other_site(self, desk, first):
        assert desk.get("/admin/maintenance-due/patients/999999999999999999/call/").status_code == 404
        answer = desk.post(here(first), {"session": first.pk, "outcome": "no_answer", "next": "https://example.org/"})
        assert answer["Location"] == f"/admin/scheduling/patient/{first.patient_id}/change/"

    def test_for_whom_nothing_is_due(self, clinic, desk):
        page = desk.get(f"/admin/maintenance-due/patients/{clinic.ben.pk}/call/").content.decode()
        assert "Nothing is due for Ben Brooks." in page

    def test_logged_and_booked_in_one_go(self, desk, first):
        answer = logs(desk, first, "agreed", then_book="yes")
        address = urlsplit(answer["Location"])
        assert address.path == "/admin/scheduling/appointment/add/"
        assert parse_qs(address.query) == {
            "patient": [str(first.patient_id)],
            "treatment": [str(first.course.treatment_id)],
            "next": [REPORT],
        }
        booking = desk.get(answer["Location"]).content.decode()
        assert "Ana Alvarez" in booking
        assert f'<option value="{first.course.treatment_id}" selected>' in booking

    def test_of_two_treatments_the_one_to_act_on_or_the_one_that_is_chosen(self, clinic, desk, first):
        scalp = clinic.treat(clinic.ana, at("2026-12-01"), treatment=clinic.scalp)
        page = desk.get(here(first)).content.decode()
        assert (hidden(page, "session"), f'href="?session={scalp.pk}"' in page) == (str(first.pk), True)
        page = desk.get(here(first), {"session": scalp.pk}).content.decode()
        assert hidden(page, "session") == str(scalp.pk)

    def test_what_was_done_so_far_can_be_read(self, desk, manager, first):
        logs(manager, first, "call_later", note="she was driving")
        page = desk.get(here(first)).content.decode()
        for words in (
            "Dec 18, 2026, 10:00 AM",
            "<strong>Call later</strong> · call",
            "off the list until Dec 25, 2026",
            "“she was driving”",
            "manager",
        ):
            assert words in page


class TestASlip:
    def take_back(self, first: Appointment) -> str:
        return f"/admin/maintenance-due/patients/{first.patient_id}/take-back/"

    @pytest.mark.parametrize("outcome", ["no_answer", "declined"])
    def test_a_call_that_was_logged_for_the_wrong_patient(self, desk, first, outcome):
        """The message after it leads to the page with the button, and the button back to that page."""
        message = str(next(iter(logs(desk, first, outcome, reason="moved away").wsgi_request._messages)))
        page = desk.get(re.search(r'href="([^"#]*)#history"', message)[1].replace("&amp;", "&")).content.decode()
        form = re.search(r'<form method="post" action="([^"]*take-back/)">(.*?)</form>', page, re.DOTALL)
        assert "Logged by mistake? Take it back" in form[2]

        answer = desk.post(form[1], {name: hidden(form[2], name).replace("&amp;", "&") for name in ("call", "next")})

        label = {"no_answer": "no answer", "declined": "declined"}[outcome]
        assert said(answer) == [f"The call of December 18, 2026, 10:00 AM, “{label}”, is taken back and counts for nothing."]
        assert bucket(first.patient) == "next_session_overdue"
        page = desk.get(answer["Location"]).content.decode()
        assert f'name="next" value="{REPORT.replace("&", "&amp;")}"' in page
        assert f"<s><strong>{label.capitalize()}</strong> · call" in page
        assert "Logged by mistake: taken back Dec 18, 10:00 AM · frontdesk" in page
        assert "take-back" not in page
        assert "Log the call" in page

    def test_pressed_twice_it_is_taken_back_once(self, desk, first):
        logs(desk, first, "no_answer")
        call = RecallAction.objects.get()
        for _press in range(2):
            assert desk.post(self.take_back(first), {"call": call.pk}).status_code == 302
        assert Standing.objects.get(patient=first.patient).attempts == 0

    @pytest.mark.parametrize("call", ["", "x", "9" * 40, "0"])
    def test_garbage_is_no_call(self, desk, first, call):
        assert desk.post(self.take_back(first), {"call": call}).status_code == 404

    def test_neither_is_anothers_nor_what_was_no_call(self, clinic, desk, manager, first):
        logs(desk, first, "no_answer")
        services.snooze([clinic.ana.pk], until=date(2027, 2, 1), now=NOW)
        call, snoozed = RecallAction.objects.order_by("pk")
        elsewhere = f"/admin/maintenance-due/patients/{clinic.ben.pk}/take-back/"
        assert desk.post(elsewhere, {"call": call.pk}).status_code == 404
        assert desk.post(self.take_back(first), {"call": snoozed.pk}).status_code == 404
        assert not RecallAction.objects.exclude(taken_back_at=None).exists()

    def test_whoever_reads_her_page_sees_it_there_without_a_button(self, desk, first):
        logs(desk, first, "no_answer")
        desk.post(self.take_back(first), {"call": RecallAction.objects.get().pk})
        logs(desk, first, "agreed")
        page = desk.get(f"/admin/scheduling/patient/{first.patient_id}/change/").content.decode()
        assert "<s><strong>No answer</strong> · call" in page
        assert "take-back" not in page


class TestBackOnTheList:
    def resume(self, first: Appointment) -> str:
        return f"/admin/maintenance-due/patients/{first.patient_id}/resume/"

    def test_she_has_changed_her_mind(self, desk, first):
        logs(desk, first, "declined", reason="moved away")
        page = desk.get(here(first)).content.decode()
        assert "Declined on Dec 18, 2026: moved away. Off the list until the next session" in page
        assert "Log the call" not in page

        answer = desk.post(self.resume(first), {"session": hidden(page, "session"), "next": REPORT})

        assert (answer["Location"], said(answer)) == (REPORT, ["Ana Alvarez is on the list again."])
        assert bucket(first.patient) == "next_session_overdue"
        assert "Log the call" in desk.get(here(first)).content.decode()

    def test_twice_changes_nothing(self, desk, first):
        logs(desk, first, "agreed")
        for _press in range(2):
            desk.post(self.resume(first), {"session": first.pk})
        assert RecallAction.objects.filter(outcome="resumed").count() == 1

    @pytest.mark.parametrize("session", ["", "x", "9" * 40, "0"])
    def test_garbage_is_a_sentence(self, desk, first, session):
        answer = desk.post(self.resume(first), {"session": session})
        assert said(answer) == ["Ana Alvarez isn't asked back after that session: it may have been reopened. Nothing was changed."]


class TestSnooze:
    def test_it_asks_until_when_and_then_does_it(self, manager, first):
        asked = manager.post(SNOOZE, {"patient": first.patient_id, "query": "bucket=next_session_overdue&after=abc"})
        page = asked.content.decode()
        assert "Ana Alvarez is taken off the list for a while." in page
        assert 'value="2027-01-17"' in page
        assert not RecallAction.objects.exists()

        done = {"patient": hidden(page, "patient"), "query": "bucket=next_session_overdue&after=abc", "confirmed": "yes"}
        answer = manager.post(SNOOZE, done | {"until": "2027-02-01"})

        assert answer["Location"] == "/admin/maintenance-due/?bucket=next_session_overdue&after=abc"
        assert said(answer) == ["Ana Alvarez is off the list until February 1, 2027."]
        assert bucket(first.patient) == "snoozed"

    def test_looking_at_it_changes_nothing(self, manager, first):
        answer = manager.get(SNOOZE, {"patient": first.patient_id, "until": "2027-02-01", "confirmed": "yes"})
        assert (answer.status_code, RecallAction.objects.count()) == (200, 0)

    def test_all_that_match_and_no_others(self, clinic, manager, first):
        clinic.treat(clinic.ben, at("2026-12-01"))  # due on 12 January
        match = {"all": "on", "query": "bucket=next_session_overdue", "patient": clinic.ben.pk}
        assert "Ana Alvarez is taken off the list" in manager.post(SNOOZE, match).content.decode()

        answer = manager.post(SNOOZE, match | {"confirmed": "yes", "until": "2027-02-01"})

        assert said(answer) == ["Ana Alvarez is off the list until February 1, 2027."]
        assert (bucket(clinic.ana), bucket(clinic.ben)) == ("snoozed", "next_session_due")

    def test_who_is_left_alone_is_said(self, clinic, manager, first):
        hers, ben = first, clinic.treat(clinic.ben, at("2026-11-10"))
        clinic.book(clinic.ana, at("2026-12-22"), now=NOW)
        services.log_call(clinic.ben, Outcome.DECLINED, session=ben.pk, reason="moved away", now=NOW)
        three = {"patient": [clinic.ana.pk, clinic.ben.pk, clinic.chloe.pk], "confirmed": "yes", "until": "2027-02-01"}
        answer = manager.post(SNOOZE, three)
        assert said(answer) == ["Left as they are: 1 is booked, 1 has declined, 1 isn’t due again."]
        assert hers.recall_actions.count() == 0

    @pytest.mark.parametrize(
        ("until", "sentence"),
        [
            ("", "Choose a day."),
            ("soon", "That is not a date."),
            ("2026-12-18", "Please choose a day after today, and December 18, 2027 at the latest."),
            ("2027-12-19", "Please choose a day after today, and December 18, 2027 at the latest."),
            ("0000-00-00", "That is not a date."),
        ],
    )
    def test_a_day_that_is_none(self, manager, first, until, sentence):
        page = manager.post(SNOOZE, {"patient": first.patient_id, "until": until, "confirmed": "yes"}).content.decode()
        assert sentence in page
        assert not RecallAction.objects.exists()

    @pytest.mark.parametrize(
        "asked_for",
        [{}, {"patient": "x"}, {"patient": "9" * 40}, {"patient": "0"}, {"all": "on", "query": "bucket=lapsed&as_of=\0&location=x"}],
    )
    def test_nobody_is_chosen(self, manager, first, asked_for):
        for sent in (asked_for, asked_for | {"confirmed": "yes", "until": "2027-02-01"}):
            answer = manager.post(SNOOZE, sent)
            assert answer.status_code == 200
            assert re.search("Nobody is ticked|Nobody matches any more", answer.content.decode())
        assert not RecallAction.objects.exists()

    def test_so_many_are_done_in_several_steps(self, clinic, manager, first, monkeypatch):
        clinic.treat(clinic.ben, at("2026-11-03", "15:00"))
        monkeypatch.setattr(chosen, "MOST", 1)
        sent = {"all": "on", "query": "", "confirmed": "yes", "until": "2027-02-01"}
        assert "Narrow the filters" in manager.post(SNOOZE, sent).content.decode()
        assert not RecallAction.objects.exists()


class TestHerOwnPage:
    def test_it_says_when_she_is_due_and_what_was_done(self, desk, first):
        logs(desk, first, "declined", reason="moved away")
        page = desk.get(f"/admin/scheduling/patient/{first.patient_id}/change/").content.decode()
        for words in (
            "Due Dec 15, 2026, after the session of Nov 3, 2026",
            "3 days late",
            "<strong>Declined</strong> · call",
            "moved away",
        ):
            assert words in page
        assert f'href="/admin/maintenance-due/patients/{first.patient_id}/call/"' in page

    def test_whoever_may_not_call_reads_it_all_the_same(self, sign_in, first):
        page = sign_in("Clinician").get(f"/admin/scheduling/patient/{first.patient_id}/change/").content.decode()
        assert "Due Dec 15, 2026" in page
        assert "Log a call" not in page

    def test_nothing_where_nothing_is_due(self, clinic, desk):
        page = desk.get(f"/admin/scheduling/patient/{clinic.ben.pk}/change/").content.decode()
        assert "Log a call" not in page
        assert "Recalls" not in page

    def test_a_session_that_she_came_back_from_stays_to_be_read(self, clinic, desk, first):
        logs(desk, first, "agreed")
        clinic.treat(clinic.ana, NOW + WEEK)
        page = desk.get(f"/admin/scheduling/patient/{first.patient_id}/change/").content.decode()
        assert "came back on Dec 25, 2026" in page
        assert "<strong>Agreed to come</strong> · call" in page


def test_the_list_of_what_was_done_is_there_to_be_read(manager, desk, first):
    logs(desk, first, "declined", reason="moved away")
    action = RecallAction.objects.get()
    page = manager.get("/admin/scheduling/recallaction/").content.decode()
    assert "Ana Alvarez" in page
    assert "moved away" in page
    one = manager.get(f"/admin/scheduling/recallaction/{action.pk}/change/").content.decode()
    assert "Ana Alvarez" in one
    assert 'name="_save"' not in one
