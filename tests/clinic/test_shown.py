"""Who looked at whom: what each page leaves on the trail. That every address says so: test_matrix.py."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clinic import on_the_trail, shown
from clinic.models import Entry
from clinic.services.trail import SEEN, UNLESS_SEEN
from notifications.models import Reply
from notifications.services import receive_reply
from scheduling import services
from tests.clinic_world import FIRST, TODAY, at, past_triggers
from tests.staff import member

HTMX = {"HX-Request": "true"}
ELSEWHERE = {"next": "/admin/password_change/"}  # a page that shows nobody
SENTENCE = "a sentence that named the patient"

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(clinic, sign_in):
    return sign_in("Front desk")


def seen(**about: Any) -> list[tuple[str, int | None]]:
    """(the page, the patient's number), in the order in which they were looked at."""
    return list(Entry.objects.filter(action="saw", **about).order_by("pk").values_list("note", "patient_id"))


def an_hour_later() -> None:
    with past_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE clinic_trail SET at = at - interval '61 minutes'")


def test_a_patients_page_each_time_that_it_is_opened(clinic, desk):
    for _ in range(2):
        desk.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")

    assert seen() == [("the patient’s page", clinic.ana.pk)] * 2
    entry = Entry.objects.filter(action="saw").first()
    assert (entry.actor, entry.user_id) == ("frontdesk", member("Front desk").pk)
    assert (entry.about, entry.object_id, entry.changes) == ("scheduling.patient", clinic.ana.pk, {})


def test_a_whole_page_is_opened_whatever_the_browser_says_that_it_asks_for(clinic, desk):
    page = f"/admin/scheduling/patient/{clinic.ana.pk}/change/"
    for _ in range(3):
        assert b"Alvarez" in desk.get(page, headers=HTMX).content

    assert seen() == [("the patient’s page", clinic.ana.pk)] * 3


def test_a_page_of_which_only_the_head_is_asked_for(clinic, desk):
    """How long it is tells whether a search finds somebody."""
    for _ in range(2):
        desk.head(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")
    for name in ("alvarez", "nobodyofthatname"):
        desk.head(f"/admin/scheduling/patient/?q={name}")

    assert seen() == [("the patient’s page", clinic.ana.pk)] * 2 + [("the list of patients, searched", None)]


def test_whose_it_is_where_the_address_names_something_of_hers(clinic, sign_in):
    completed = clinic.treat(clinic.consents(clinic.ana))
    manager = sign_in("Manager")
    plan, message = completed.plan_set.get(), completed.caremessage_set.exclude(message=None).first()

    for page in (
        f"scheduling/appointment/{completed.pk}/change",
        f"scheduling/appointment/{completed.pk}/card",
        f"scheduling/course/{completed.course_id}/history",
        f"aftercare/plan/{plan.pk}/change",
        f"aftercare/caremessage/{message.pk}/change",
        f"notifications/message/{message.message_id}/change",
        f"maintenance-due/patients/{clinic.ana.pk}/call",
        f"inbox/{clinic.ana.pk}",
    ):
        assert manager.get(f"/admin/{page}/").status_code == 200

    assert seen() == [
        (words, clinic.ana.pk)
        for words in (
            *("the appointment", "the appointment’s card", "the course: history", "the aftercare plan"),
            *("the message to the patient", "the message", "the call page", "the conversation"),
        )
    ]


def test_a_number_that_no_patient_has_is_nobodys(clinic, desk):
    receive_reply("sms", "+12125550177", "who is this", provider_id="SM2", now=TODAY)
    desk.get(f"/admin/inbox/unknown/{Reply.objects.get().pk}/")

    assert seen() == [("the conversation", None)]


class TestOnceAnHour:
    def test_what_is_fetched_into_a_page_that_was_opened(self, clinic, desk):
        page = f"/admin/inbox/{clinic.ana.pk}/"
        desk.get(page)
        for _ in range(3):
            assert b"<html" not in desk.get(f"{page}?part=thread-talk", headers=HTMX).content
        assert seen() == [("the conversation", clinic.ana.pk)]

        an_hour_later()
        desk.get(f"{page}?part=thread-talk", headers=HTMX)
        assert seen() == [("the conversation", clinic.ana.pk)] * 2

    def test_a_card_that_is_opened_beside_the_board(self, clinic, desk):
        card = f"/admin/scheduling/appointment/{clinic.book(clinic.ana).pk}/card/"
        for _ in range(2):
            desk.get(card, headers=HTMX)

        assert seen() == [("the appointment’s card", clinic.ana.pk)]

    def test_each_patient_and_each_person_for_themselves(self, clinic, desk, sign_in):
        pages = [f"/admin/inbox/{one.pk}/?part=thread-talk" for one in (clinic.ana, clinic.ben)]
        for browser in (desk, sign_in("Clinician")):
            for page in pages:
                browser.get(page, headers=HTMX)

        assert seen() == [("the conversation", clinic.ana.pk), ("the conversation", clinic.ben.pk)] * 2

    def test_a_list_and_never_what_was_searched(self, clinic, desk):
        for query in ("", "?q=alvarez", "?q=brooks"):
            desk.get(f"/admin/scheduling/patient/{query}")

        assert seen() == [("the list of patients", None), ("the list of patients, searched", None)]
        assert "alvarez" not in str(list(Entry.objects.values())).lower()

    def test_a_list_of_one_patients_is_about_her(self, clinic, desk):
        desk.get(f"/admin/aftercare/consent/?patient={clinic.ana.pk}")
        desk.get("/admin/aftercare/consent/?patient=99999999999999999999")
        desk.get("/admin/aftercare/consent/?patient=of+mine")

        assert seen() == [("the list of consents", clinic.ana.pk), ("the list of consents", None)]

    def test_the_booking_page_once_it_shows_somebody(self, clinic, desk):
        page = "/admin/scheduling/appointment/add/"
        desk.get(page)
        assert seen() == []

        desk.get(f"{page}?patient={clinic.ana.pk}")
        desk.post(page, {"patient": clinic.ana.pk, "show": "all"}, headers=HTMX)
        assert seen() == [("the booking page", clinic.ana.pk)]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_whoever_is_chosen_there_however_she_is_named(self, clinic, desk, method):
        page = "/admin/scheduling/appointment/add/"
        for asked in ({"choose": clinic.ana.pk}, {"patient": [clinic.ana.pk, clinic.ben.pk], "show": "all"}):
            answer = getattr(desk, method)(page, asked)
            assert answer.status_code == 200

        assert b"Brooks" in answer.content
        assert seen() == [("the booking page", clinic.ana.pk), ("the booking page", clinic.ben.pk)]

    def test_whom_the_booking_page_found(self, clinic, desk):
        page = "/admin/scheduling/appointment/add/"
        desk.get(f"{page}?q=nobodyofthatname")
        assert seen() == []

        assert b"Alvarez" in desk.get(f"{page}?q=alvarez").content
        assert seen() == [("the booking page, searched", None)]

    def test_who_may_be_the_one_that_is_added(self, clinic, desk):
        newcomer = {"who": "new", "new-first_name": "Ana", "new-last_name": "Alvarez", "new-phone": "(212) 555-0101"}
        page = "/admin/scheduling/appointment/add/"
        desk.post(page, newcomer | {"show": "all"})
        assert seen() == []

        slot = {"starts_at_0": "2026-12-01", "starts_at_1": "10:00 AM", "practitioner": clinic.dana.pk, "room": clinic.room.pk}
        sent = newcomer | slot | {"new-birth_date": "5/17/1990", "new-language": "en", "new-time_zone": "America/New_York"}
        answer = desk.post(page, sent | {"treatment": clinic.face.pk})
        assert clinic.ana in answer.context["likely"]
        assert seen() == [("the booking page, searched", None)]

    def test_the_waitlists_form_once_it_shows_somebody(self, clinic, desk):
        page = "/admin/scheduling/waitlistentry/add/"
        for query in ("", "?patient=999999", "?appointment=999999", "?patient=x"):
            assert desk.get(f"{page}{query}").status_code == 200
        assert seen() == []

        booked = clinic.book(clinic.ana, at(str(timezone.localdate() + timedelta(days=21)), "12:00"), now=timezone.now())
        assert b"Alvarez" in desk.get(f"{page}?appointment={booked.pk}").content
        assert seen() == [("the waitlist’s form", clinic.ana.pk)]

        assert b"Brooks" in desk.get(f"{page}?patient={clinic.ben.pk}").content
        assert b"Chen" in desk.post(page, {"patient": clinic.chloe.pk, "first_on": "tomorrow"}).content
        assert seen()[1:] == [("the waitlist’s form", clinic.ben.pk), ("the waitlist’s form", clinic.chloe.pk)]


def test_what_was_seen_within_the_hour_is_looked_up(clinic):
    """And the trail's years aren't read for it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {SEEN}{UNLESS_SEEN}".format(patient="NULL"), [1, "frontdesk", "", "saw", "", None, "the board"])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert re.search(r"Index Cond: \(\(user_id = .* AND \(at > ", plan), plan


class TestInASentence:
    """A button's answer comes with the next page, whichever that is. That nobody is named past the trail in any test: sentences.py."""

    @pytest.fixture
    def completed(self, clinic):
        """Ana's, and Ben's."""
        return [clinic.treat(clinic.ana), clinic.treat(clinic.ben, FIRST + timedelta(hours=3))]

    @pytest.mark.parametrize("button", ["confirm", "step/arrive", "step/not-here"])
    def test_of_what_was_refused(self, clinic, desk, completed, button):
        for _ in range(2):
            desk.post(f"/admin/scheduling/appointment/{completed[0].pk}/{button}/", ELSEWHERE)
            assert "Ana Alvarez, Tue, Nov 3" in desk.get(ELSEWHERE["next"]).content.decode()

        assert seen() == [(SENTENCE, clinic.ana.pk)]

        an_hour_later()
        desk.post(f"/admin/scheduling/appointment/{completed[0].pk}/{button}/", ELSEWHERE)
        assert seen() == [(SENTENCE, clinic.ana.pk)] * 2

    @pytest.mark.parametrize("asked", [{"action": "confirm"}, {"action": "no-show", "confirmed": "yes"}])
    def test_each_of_several_and_that_it_was_a_list(self, clinic, desk, completed, asked):
        chosen = {"_selected_action": [one.pk for one in completed]}
        with CaptureQueriesContext(connection) as queries:
            desk.post("/admin/scheduling/appointment/", asked | chosen)
        assert len([one for one in queries if "INSERT INTO clinic_trail" in one["sql"]]) == 2  # however many they are

        page = desk.get(ELSEWHERE["next"]).content.decode()
        assert all(name in page for name in ("Ana Alvarez", "Ben Brooks"))
        assert sorted(seen()) == sorted([("the list of appointments", None), (SENTENCE, clinic.ana.pk), (SENTENCE, clinic.ben.pk)])

    def test_of_whoever_isnt_due(self, clinic, desk):
        for one in (clinic.ana, clinic.ben):
            desk.post(f"/admin/maintenance-due/patients/{one.pk}/resume/", ELSEWHERE | {"session": "999999"})
            assert one.full_name in desk.get(ELSEWHERE["next"]).content.decode()

        assert seen() == [(SENTENCE, clinic.ana.pk), (SENTENCE, clinic.ben.pk)]

    def test_of_what_was_done_already(self, clinic, desk):
        booked = clinic.book(clinic.ana, at(str(timezone.localdate() + timedelta(days=21)), "12:00"), now=timezone.now())
        page = f"/admin/scheduling/appointment/{booked.pk}/confirm/"

        desk.post(page, ELSEWHERE)
        assert seen() == []  # it is on the trail that she is confirmed
        assert Entry.objects.filter(action="changed", patient_id=clinic.ana.pk, actor="frontdesk").count() == 1

        desk.post(page, ELSEWHERE)
        assert seen() == [(SENTENCE, clinic.ana.pk)]

    def test_of_an_offer_that_was_taken_off(self, clinic, desk):
        day = timezone.localdate() + timedelta(days=3)
        now = at(str(day - timedelta(days=2)), "12:00")
        entry = services.wait(patient=clinic.ana, treatment=clinic.face, location=clinic.location, first_on=day, last_on=day, now=now)
        services.cancel(clinic.book(clinic.ben, at(str(day), "12:00"), now=now), reason="ill", now=now)
        services.offer_openings(now)
        offer = entry.offer_set.get()
        services.withdraw(entry, now=now)

        desk.post(f"/admin/scheduling/waitlistentry/offer/{offer.pk}/accept/", ELSEWHERE)
        assert "Ana Alvarez: " in desk.get(ELSEWHERE["next"]).content.decode()
        assert seen() == [(SENTENCE, clinic.ana.pk)]

    def test_nobody_where_the_address_leads_to_nobody(self, clinic, desk):
        for number in ("999999", "99999999999999999999", "-1", "of_mine"):
            assert desk.post(f"/admin/scheduling/patient/{number}/change/").status_code == 302
            assert desk.get(f"/admin/scheduling/appointment/{number}/change/").status_code == 302

        assert seen() == []

    def test_that_could_not_be_written_down(self, clinic, desk, completed, monkeypatch):
        def fail(*args: object, **kwargs: object) -> None:
            raise DatabaseError("the disk is full")

        desk.raise_request_exception = False
        monkeypatch.setattr(shown, "note_named", fail)
        assert desk.post(f"/admin/scheduling/appointment/{completed[0].pk}/confirm/", ELSEWHERE).status_code == 500
        assert "Alvarez" not in desk.get(ELSEWHERE["next"]).content.decode()

    @pytest.mark.parametrize("forgets", ["note_named", "_whose"])
    def test_whoever_is_forgotten_fails(self, clinic, desk, monkeypatch, forgets):
        """The control of what watches over all tests."""
        monkeypatch.setattr(shown, forgets, lambda *args, **kwargs: shown.NOBODY)
        with pytest.raises(AssertionError, match="the trail has no line of it"):
            desk.post(f"/admin/maintenance-due/patients/{clinic.chloe.pk}/resume/", ELSEWHERE | {"session": "999999"})


class TestNothing:
    def test_where_nothing_is_shown(self, clinic, desk, client):
        desk.get("/admin/scheduling/patient/999999/change/")
        desk.get("/admin/maintenance-due/")  # the manager's
        desk.get("/admin/scheduling/treatment/")
        client.get(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")

        assert seen() == []

    @pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
    def test_by_any_other_method(self, clinic, desk, method):
        for page in (f"patient/{clinic.ana.pk}/change/", f"patient/{clinic.ana.pk}/history/", "patient/"):
            answer = desk.generic(method, f"/admin/scheduling/{page}")
            assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
            assert b"Alvarez" not in answer.content

        assert seen() == []

    def test_to_somebody_who_has_no_role_yet(self, clinic, sign_in):
        assert sign_in("").get("/admin/").status_code == 200

        assert seen() == []

    def test_of_a_page_that_could_not_be_written_down(self, clinic, desk, monkeypatch):
        def fail(*args: object, **kwargs: object) -> None:
            raise DatabaseError("the disk is full")

        desk.raise_request_exception = False
        page = f"/admin/scheduling/patient/{clinic.ana.pk}/change/"
        assert "Alvarez" in desk.get(page).content.decode()

        monkeypatch.setattr(shown, "note_look", fail)
        answer = desk.get(page)
        assert answer.status_code == 500
        assert "Alvarez" not in answer.content.decode()

        # The control: without the trail it would have been shown.
        monkeypatch.setattr(on_the_trail, "note_what_is_shown", lambda *args: None)
        assert "Alvarez" in desk.get(page).content.decode()


def test_what_leaves_the_house(clinic, sign_in):
    clinic.comes_due()
    manager = sign_in("Manager")

    manager.post("/admin/maintenance-due/export/", {"format": "csv", "query": "bucket=all"})
    manager.post("/admin/trail/export/", {"query": ""})

    exported = Entry.objects.filter(action="exported").order_by("pk").values_list("actor", "note")
    assert list(exported) == [("manager", "the maintenance-due report"), ("manager", "the trail")]
