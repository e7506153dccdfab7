"""The trail as a manager reads it: the page, a patient's history, and the file."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.admin import trail
from clinic.models import Entry
from clinic.services.acting import Actor, acting_as
from clinic.services.trail import erasing, note
from notifications.services import receive_reply
from scheduling.errors import TooSlow
from scheduling.models import Appointment, Patient
from scheduling.services import move, undo_move
from tests.clinic_world import FIRST, TODAY, open_clinic, past_triggers
from tests.staff import group, member

HERE = "/admin/trail/"
ANA = "Ana Alvarez, May 17, 1990"
MORNING = datetime(2026, 11, 3, 14, 30, tzinfo=UTC)  # half past nine in New York

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic(db):
    """Whoever built it isn't on the trail."""
    made = open_clinic()
    for role in ("Front desk", "Clinician", "Manager"):
        member(role)
    dana = member("Clinician")
    dana.first_name, dana.last_name = "Dana", "Diaz"
    dana.save()
    with erasing():
        Entry.objects.all().delete()
    return made


@pytest.fixture
def manager(clinic, sign_in):
    return sign_in("Manager")


def by_dana():
    dana = member("Clinician")
    return acting_as(Actor(dana.username, dana.pk))


def lines(answer) -> list[str]:
    """The table's lines, as one reads them."""
    rows = re.findall(r"<tr>(.*?)</tr>", answer.content.decode(), re.S)[1:]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in rows]


def without_when(answer) -> list[str]:
    return [re.sub(r"^.*? [AP]M ", "", line) for line in lines(answer)]


def backdate(at: datetime) -> None:
    with past_triggers():
        Entry.objects.update(at=at)


class TestInWords:
    def test_a_phone_number_from_what_to_what_and_when(self, clinic, manager):
        with by_dana():
            Patient.objects.filter(pk=clinic.ana.pk).update(phone="+12125550199", language="es", wants_quiet_nights=True, notes="likes tea")
        backdate(MORNING)

        assert lines(manager.get(HERE))[-1] == (
            "Nov 3, 2026 9:30:00 AM Dana Diaz changed the patient Cell phone from (212) 555-0101 to (212) 555-0199"
            " Language from English to Spanish Quiet nights from no to yes Notes from nothing to “likes tea” Ana Alvarez, May 17, 1990"
        )

    def test_a_session_moved_and_given_to_somebody_else(self, clinic, manager):
        booked = clinic.book(clinic.ana)
        with by_dana():
            moved = type(booked.during)(FIRST + timedelta(hours=1), FIRST + timedelta(hours=2, minutes=15), "[)")
            type(booked).objects.filter(pk=booked.pk).update(during=moved, practitioner=clinic.eli, status="noshow")

        [line] = [line for line in without_when(manager.get(HERE)) if "Eli" in line]
        assert line == (
            "Dana Diaz changed the appointment Tue, Nov 3, 2026, 2:00 PM"
            " Practitioner from Dana Diaz to Eli Evans Time from Tue, Nov 3, 2026, 1:00 PM – 2:15 PM to Tue, Nov 3, 2026, 2:00 PM – 3:15 PM"
            " Status from booked to no-show Ana Alvarez, May 17, 1990"
        )

    def test_an_undone_move_is_said_to_be_one(self, clinic, manager):
        booked = clinic.book(clinic.ana)
        with by_dana():
            move(booked, starts_at=FIRST + timedelta(hours=1), now=TODAY)
            undo_move(booked.moves.get(), now=TODAY)

        undone, back, there = [line for line in without_when(manager.get(HERE)) if line.startswith("Dana Diaz")]
        assert undone == "Dana Diaz undid a move of the appointment Tue, Nov 3, 2026, 1:00 PM Ana Alvarez, May 17, 1990"
        assert "to Tue, Nov 3, 2026, 1:00 PM" in back
        assert "to Tue, Nov 3, 2026, 2:00 PM" in there

    def test_rights_and_passwords(self, clinic, manager):
        dana = member("Clinician")
        with by_dana():
            dana.groups.add(group("Manager"))
            dana.groups.remove(group("Clinician"))
            dana.user_permissions.add(Permission.objects.get(codename="view_trail"))
            dana.set_password("something else")
            dana.save()

        assert without_when(manager.get(HERE))[-4:] == [
            "Dana Diaz changed the user clinician Password",
            "Dana Diaz changed the user clinician User permissions: added Can see who did and who saw what",
            "Dana Diaz changed the user clinician Groups: took away Clinician",
            "Dana Diaz changed the user clinician Groups: added Manager",
        ]

    def test_who_where_nobody_is_signed_in(self, clinic, manager):
        for name in (
            "task aftercare.tasks.escalate",
            "page end_emails",
            "page twilio_inbound",
            "page demo:write",
            "command import_patients",
        ):
            with acting_as(Actor(name)):
                note("changed", about="scheduling.patient", object_id=clinic.ana.pk, patient_id=clinic.ana.pk)

        assert [line.partition(" changed ")[0] for line in without_when(manager.get(HERE))[-5:]] == [
            "command import_patients",
            "a patient’s phone in the demo",
            "a patient’s text, or its receipt",
            "a patient, by the link in an email",
            "Afterglow, by itself",
        ]

    def test_a_sign_in_and_what_it_takes(self, clinic, manager):
        dana = member("Clinician")
        note("second_factor_set_up", user=dana, about="auth.user", object_id=dana.pk, note="with a phone")
        note("signed_in", user=dana)
        note("sign_in_failed", actor="somebody", note="from 203.0.113.7")

        assert without_when(manager.get(HERE))[-3:] == [
            "somebody failed to sign in: from 203.0.113.7",
            "Dana Diaz signed in",
            "Dana Diaz set up a second factor: with a phone",
        ]

    def test_that_she_agreed_and_that_she_no_longer_does(self, clinic, manager):
        with by_dana():
            clinic.consents(clinic.ana, "sms")
        with acting_as(Actor("page twilio_inbound")):
            receive_reply("sms", "+12125550101", "STOP", provider_id="SM1", now=MORNING)

        said = [line for line in without_when(manager.get(HERE)) if "agrees" in line]
        assert said == [
            "a patient’s text, or its receipt noted that the patient no longer agrees to care by text message (STOP by text) " + ANA,
            "Dana Diaz noted that the patient agrees to care by text message (front desk) " + ANA,
        ]

    def test_why_she_was_erased(self, clinic, manager):
        about_her = {"about": "scheduling.patient", "object_id": clinic.ana.pk, "patient_id": clinic.ana.pk}
        note("handed_out", user=member("Clinician"), note="all that is held of the patient", **about_her)
        note("erased", user=member("Clinician"), note="she asked for it", **about_her)

        assert without_when(manager.get(HERE))[-2:] == [
            "Dana Diaz erased the patient: she asked for it Ana Alvarez, May 17, 1990",
            "Dana Diaz handed out all that is held of the patient Ana Alvarez, May 17, 1990",
        ]

    def test_what_is_gone_is_called_by_its_number(self, clinic, manager):
        number = clinic.chloe.pk
        with by_dana():
            clinic.chloe.delete()
        note("changed", about="scheduling.once", object_id=5, changes={"some_field": [1, 2]})

        unknown, deleted = without_when(manager.get(HERE))[-2:]
        assert unknown == "the system changed Some field from 1 to 2"
        assert deleted.startswith(
            "Dana Diaz deleted the patient First name was “Chloe” Last name was “Chen” Date of birth was May 17, 1990"
        )
        assert "Notes" not in deleted
        assert deleted.endswith(f"patient {number}")

    def test_what_was_erased_shows_no_value(self, clinic, manager):
        with erasing(), by_dana():
            Patient.objects.filter(pk=clinic.ana.pk).update(phone="", first_name="Erased")

        [line] = [line for line in without_when(manager.get(HERE)) if "changed" in line]
        assert line == "Dana Diaz changed the patient First name Cell phone Erased Alvarez, May 17, 1990"


class TestWhoMay:
    def test_see_it_and_take_it_along(self, clinic, sign_in):
        for role in ("Front desk", "Clinician"):
            browser = sign_in(role)
            assert browser.get(HERE).status_code == 403
            assert browser.post(f"{HERE}export/", {"query": ""}).status_code == 403
            assert HERE not in browser.get("/admin/").content.decode()
        assert not Entry.objects.filter(action="exported").exists()

    def test_read_it_in_a_patients_history(self, clinic, sign_in, manager):
        booked = clinic.book(clinic.ana)
        page = f"/admin/scheduling/patient/{clinic.ana.pk}/history/"

        shown = manager.get(page).content.decode()
        assert "Who changed it, and who looked at it" in shown
        assert f"/admin/scheduling/appointment/{booked.pk}/change/" in shown  # all that concerns her
        assert "Who changed it" not in sign_in("Front desk").get(page).content.decode()

    def test_read_it_where_nothing_was_done_through_a_form(self, clinic, manager, sign_in):
        booked = clinic.treat(clinic.ana)
        plan = booked.plan_set.get()

        assert f"/admin/aftercare/plan/{plan.pk}/history/" in manager.get(f"/admin/aftercare/plan/{plan.pk}/change/").content.decode()
        clinician = sign_in("Clinician").get(f"/admin/aftercare/plan/{plan.pk}/change/").content.decode()
        assert f"/admin/aftercare/plan/{plan.pk}/history/" not in clinician


class TestAskedFor:
    @pytest.fixture(autouse=True)
    def some(self, clinic):
        with by_dana():
            Patient.objects.filter(pk=clinic.ana.pk).update(notes="about Ana")
        Patient.objects.filter(pk=clinic.ben.pk).update(notes="about Ben")
        note("signed_in", user=member("Front desk"))

    def test_by_person_patient_action_and_what(self, clinic, manager):
        def found(query: str) -> list[str]:
            said = " ".join(lines(manager.get(f"{HERE}?{query}")))
            return [words for words in ("about Ana", "about Ben", "signed in") if words in said]

        assert found(f"person={member('Clinician').pk}") == ["about Ana"]
        assert found("name=brooks") == ["about Ben"]
        assert found("name=555-0102") == ["about Ben"]
        assert found("name=nobody+of+that+name") == []
        assert found(f"patient={clinic.ana.pk}") == ["about Ana"]
        assert found("action=signed_in") == ["signed in"]
        assert found(f"about=scheduling.patient&object={clinic.ben.pk}") == ["about Ben"]
        assert found("action=changed") == ["about Ana", "about Ben"]
        assert found("action=changed&name=alv") == ["about Ana"]

    def test_by_days_on_the_clinics_calendar(self, manager):
        with past_triggers():
            Entry.objects.update(at=datetime(2026, 11, 4, 4, 59, tzinfo=UTC))  # the last minute of the third in New York

        assert len(lines(manager.get(f"{HERE}?first_on=2026-11-03&last_on=2026-11-03"))) == 3
        assert lines(manager.get(f"{HERE}?first_on=2026-11-04&last_on=2026-11-04")) == []
        assert lines(manager.get(f"{HERE}?last_on=2026-11-02")) == []

    @pytest.mark.parametrize(
        "query",
        [
            *("person=abc", "person=99999999999999999999", "patient=-1", "patient=99999999999999999999", "object=x", "about=drop table"),
            *("action=eaten", "first_on=yesterday", "last_on=0001-01-01", "name=%00"),
        ],
    )
    def test_nonsense_gets_a_sentence(self, manager, query):
        answer = manager.get(f"{HERE}?{query}")

        assert answer.status_code == 200
        assert "The rest of what you asked for is shown." in answer.content.decode()
        exported = manager.post(f"{HERE}export/", {"query": query})
        assert exported.status_code == 302
        assert not Entry.objects.filter(action="exported").exists()

    @pytest.mark.parametrize("before", ["abc", "0", "-5", "99999999999999999999999", "²"])
    def test_a_place_that_there_isnt_is_the_beginning(self, manager, before):
        assert len(lines(manager.get(f"{HERE}?before={before}"))) == 3


class TestPageByPage:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch):
        monkeypatch.setattr(trail, "ON_A_PAGE", 4)

    def test_none_is_lost_and_none_comes_twice_though_more_come_meanwhile(self, clinic, manager):
        for number in range(10):
            note("signed_in", user=member("Clinician"), note=f"number {number}")
        with past_triggers():
            Entry.objects.filter(note__in=[f"number {number}" for number in range(2, 9)]).update(at=MORNING)  # across two pages

        page, read = f"{HERE}?action=signed_in", []
        while page:
            answer = manager.get(page)
            read += re.findall(r"number (\d)", answer.content.decode())
            note("signed_in", user=member("Front desk"), note="just now")
            older = re.search(r'<a href="([^"]+)" rel="next"', answer.content.decode())
            page = f"{HERE}{unescape(older.group(1))}" if older else ""

        assert sorted(read) == list("0123456789")
        assert read[:3] == ["9", "1", "0"]
        assert read[3:] == list("8765432")

    def test_a_page_takes_as_many_queries_however_much_is_on_it(self, clinic, manager, monkeypatch):
        def queries() -> int:
            with CaptureQueriesContext(connection) as asked:
                manager.get(HERE)
            return len(asked)

        with by_dana():
            clinic.book(clinic.ana)
            clinic.book(clinic.chloe, room=clinic.other_room, practitioner=clinic.eli)
            later = clinic.book(clinic.ben, FIRST + timedelta(hours=3))
            Appointment.objects.filter(pk=later.pk).update(room=clinic.other_room)
        manager.get(HERE)
        few = queries()
        monkeypatch.setattr(trail, "ON_A_PAGE", 50)
        assert len(lines(manager.get(HERE))) > 6
        assert queries() == few


class TestTheFile:
    def test_has_all_that_is_asked_for_and_is_on_the_trail_itself(self, clinic, manager, monkeypatch):
        monkeypatch.setattr("clinic.reports.trail.AT_ONCE", 2)
        with by_dana():
            for name in ("=1+1", "Ana", "Anne"):
                Patient.objects.filter(pk=clinic.ana.pk).update(first_name=name)
        note("signed_in", user=member("Front desk"))

        answer = manager.post(f"{HERE}export/", {"query": "action=changed"})
        content = b"".join(answer.streaming_content).decode("utf-8-sig")
        heading, *rows = csv.reader(io.StringIO(content))

        assert heading[:5] == ["When", "Who", "Sign-in", "What", "Patient"]
        assert [row[1:4] for row in rows] == [
            ["Dana Diaz", "clinician", "changed the patient: First name from “Ana” to “Anne”"],
            ["Dana Diaz", "clinician", "changed the patient: First name from “=1+1” to “Ana”"],
            ["Dana Diaz", "clinician", "changed the patient: First name from “Ana” to “=1+1”"],
        ]
        assert datetime.fromisoformat(rows[0][0]).utcoffset() is not None
        exported = Entry.objects.get(action="exported")
        assert (exported.actor, exported.note) == ("manager", "the trail")

    def test_says_where_it_broke_off(self, clinic, manager, monkeypatch):
        def too_slow(*args: object, **kwargs: object) -> None:
            raise TooSlow("This took too long.")

        note("signed_in", user=member("Front desk"))
        monkeypatch.setattr(trail, "told", too_slow)
        read: list[bytes] = []
        with pytest.raises(TooSlow):
            read.extend(manager.post(f"{HERE}export/", {"query": ""}).streaming_content)
        assert b"THIS FILE IS NOT COMPLETE: This took too long." in read[-1]
