"""A manager hands out all that is held of a patient, and erases her, on pages that say beforehand what that means."""

import json
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.models import CareMessage
from aftercare.services import raise_concern
from aftercare.services.privacy.erasing import erase_patient
from aftercare.services.privacy.table import TABLE
from clinic.models import Entry
from notifications.services import dispatch_until_idle, receive_reply
from scheduling.domain.outcomes import Outcome
from scheduling.models import Appointment, Patient
from scheduling.services import log_call
from tests.clinic_world import FIRST, Clinic, at
from tests.clock import freeze_time
from tests.staff import member
from tests.worlds import once_a_module

END = FIRST + timedelta(hours=1)
NOW = at("2026-12-16", "10:00")
DAY = timedelta(days=1)


def fill(clinic: Clinic) -> Clinic:
    """Ana was treated six weeks ago, and is booked for next week."""
    clinic.ana.notes = "Likes <b>tea</b>."
    clinic.ana.save()
    session = clinic.treat(clinic.consents(clinic.ana))
    clinic.agrees_to_recalls(clinic.ana)
    for hours in (3, 6, 48):
        dispatch_until_idle(now=END + timedelta(hours=hours))
    receive_reply("sms", "+12125550101", "1", provider_id="SM1", now=END + 2 * DAY)
    receive_reply("sms", "+12125550101", "Thank you & see you", provider_id="SM2", now=END + 3 * DAY)
    log_call(clinic.ana, Outcome.NO_ANSWER, session=session.pk, note="engaged", now=NOW - DAY)
    clinic.book(clinic.ana, at("2026-12-23"), now=NOW - DAY)
    return clinic


made, clinic = once_a_module(fill)


@pytest.fixture
def ana(clinic: Clinic) -> Patient:
    return clinic.ana


@pytest.fixture
def manager(sign_in):
    with freeze_time(NOW):
        yield sign_in("Manager")


def address(whom: Patient, page: str) -> str:
    return f"/admin/scheduling/patient/{whom.pk}/{page}/"


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


class TestHandingOut:
    def unpacked(self, response) -> tuple[dict, str]:
        with ZipFile(BytesIO(response.getvalue())) as archive:
            assert archive.namelist() == ["data.json", "index.html"]
            return json.loads(archive.read("data.json")), archive.read("index.html").decode()

    @pytest.fixture
    def handed_out(self, ana, manager):
        response = manager.post(address(ana, "export"))
        assert response["Content-Disposition"] == f'attachment; filename="patient-{ana.pk}-2026-12-16.zip"'
        assert "no-store" in response["Cache-Control"]
        return self.unpacked(response)

    def test_a_program_gets_all_of_it_under_stable_keys(self, ana, handed_out):
        data, _page = handed_out
        assert list(data) == ["format", "made_at", "made_by", *(held.key for held in TABLE.values() if held.key), "opted_out"]
        assert data["format"] == "afterglow-patient-1"
        assert {name: data["patient"][name] for name in ("number", "first_name", "birth_date", "phone", "notes")} == {
            "number": ana.pk,
            "first_name": "Ana",
            "birth_date": "1990-05-17",
            "phone": "+12125550101",
            "notes": "Likes <b>tea</b>.",
        }
        first, coming = data["appointments"]
        assert (first["during"]["from"], first["status"], first["price"], first["currency"]) == (
            "2026-11-03T18:00:00+00:00",
            "fulfilled",
            "640.00",
            "USD",
        )
        assert (first["practitioner"], first["treatment"], first["room"]) == (
            "Dana Diaz",
            "Microneedling, face",
            "Room 1, Maple Street Clinic",
        )
        assert coming["status"] == "booked"
        assert [reply["body"] for reply in data["replies"]] == ["1", "Thank you & see you"]
        assert len(data["messages"]) == CareMessage.objects.filter(patient=ana, message__isnull=False).count()
        assert data["consents"][0]["words"]["en"].startswith("I agree to text messages about my care")
        assert data["recall_actions"][0]["note"] == "engaged"

    def test_each_row_has_what_the_table_says_and_nothing_else(self, handed_out):
        data, _page = handed_out
        for held in TABLE.values():
            for row in [data[held.key]] if held.key == "patient" else data.get(held.key, []):
                extra = {"words"} if held.key == "consents" else set()
                assert set(row) == {"number", *(name.rpartition(".")[2] for name in held.names)} | extra

    def test_she_can_read_it(self, handed_out):
        _data, page = handed_out
        said = " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)).split())
        for words in (
            "Ana Alvarez All that is held of you, as of December 16, 2026.",
            "Maple Street Clinic, 1 Maple Street, New York, (212) 555-0100",
            "Date of birth May 17, 1990",
            "Likes <b>tea</b>.",  # as it was typed
            "Nov 3, 2026, 1:00 PM Microneedling, face Dana Diaz, Room 1, Maple Street Clinic Completed 640.00 USD",
            "Nov 6, 2026, 2:00 PM you text message, (212) 555-0101 Thank you & see you",
            "I agree to text messages about my care",
            "no answer engaged",
        ):
            assert words in said, words
        assert "<b>tea" not in page
        assert "<script" not in page
        assert not re.search(r"(src|href)=", page)

    def test_it_is_on_the_trail_before_it_leaves(self, ana, manager):
        manager.post(address(ana, "export"))
        entry = Entry.objects.get(action="handed_out")
        assert (entry.actor, entry.about, entry.object_id, entry.patient_id) == ("manager", "scheduling.patient", ana.pk, ana.pk)

    def test_a_look_at_the_page_makes_no_file(self, ana, manager):
        said = text(manager.get(address(ana, "export")))
        assert "All that is held of Ana Alvarez" in said
        assert "Be sure who asked for it" in said
        assert not Entry.objects.filter(action="handed_out").exists()

    def test_what_is_left_of_somebody_erased_is_handed_out_too(self, ana, manager):
        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)
        data, page = self.unpacked(manager.post(address(ana, "export")))
        assert data["patient"]["first_name"] == "Erased"
        assert {message["body"] for message in data["messages"]} == {""}
        assert "Alvarez" not in page

    def test_a_family_member_isnt_in_it(self, ana, clinic, manager):
        clinic.chloe.phone = ana.phone
        clinic.chloe.save()
        clinic.book(clinic.consents(clinic.chloe, "sms"), at("2026-12-21"), now=NOW)
        _data, page = self.unpacked(manager.post(address(ana, "export")))
        assert "Chloe" not in page


class TestErasing:
    def test_the_page_says_what_goes_and_what_stays(self, ana, manager):
        said = text(manager.get(address(ana, "erase")))
        day = date_format(at("2026-12-23"), "DATETIME_FORMAT")
        assert f"One appointment to come, which is called off: {day}, Microneedling, face" in said
        assert "Nobody is told: say so yourself." in said
        assert "One session: day, treatment, practitioner, room and price, under a number." in said
        assert "messages that wait to be sent" in said
        assert "2 replies." in said
        assert Patient.objects.get(pk=ana.pk).erased_at is None

    def test_it_takes_a_reason_and_her_name(self, ana, manager):
        page = manager.post(address(ana, "erase"), {"reason": "asked for it", "name": "Ana Alvares"})
        assert "Type the name as it stands above" in text(page)
        assert 'value="asked for it"' in page.content.decode()
        assert Patient.objects.get(pk=ana.pk).erased_at is None

        page = manager.post(address(ana, "erase"), {"reason": " ", "name": "Ana Alvarez"})
        assert "Say in a few words why." in text(page)
        assert 'value="Ana Alvarez"' in page.content.decode()
        assert Patient.objects.get(pk=ana.pk).erased_at is None

    def test_erased_she_has_a_page_that_says_so(self, ana, manager):
        answer = manager.post(address(ana, "erase"), {"reason": "asked for it", "name": "  ANA  alvárez "}, follow=True)
        assert answer.redirect_chain == [(address(ana, "change"), 302)]
        said = text(answer)
        assert f"Erased patient {ana.pk}" in said
        assert "This patient was erased on December 16, 2026." in said
        assert "Microneedling, face · Dana Diaz · completed" in said
        assert "Alvarez" not in said

    @pytest.mark.parametrize("name", ["Alva\x1brez", "\u202eAlvarez", "Alva\u200crez", "Alvarez\r\n"])
    def test_what_nobody_sees_in_a_name_isnt_asked_for(self, ana, manager, name):
        Patient.objects.filter(pk=ana.pk).update(last_name=name)

        assert manager.post(address(ana, "erase"), {"reason": "asked for it", "name": "Ana Alvarez"}).status_code == 302

        assert Patient.objects.get(pk=ana.pk).erased_at is not None

    def test_nothing_is_saved_there_any_more(self, ana, manager):
        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)
        answer = manager.post(address(ana, "change"), {"first_name": "Ana", "last_name": "Alvarez"}, follow=True)
        assert "This patient was erased. Nothing was saved." in text(answer)
        assert Patient.objects.get(pk=ana.pk).full_name == f"Erased patient {ana.pk}"

    def test_what_a_colleagues_page_was_to_say_of_her_is_forgotten(self, ana, manager, sign_in):
        desk = sign_in("Front desk")
        session = desk.session
        session["_messages"] = MessageEncoder().encode([Message(SUCCESS, "Booked: Ana Alvarez.")])
        session.save()

        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)

        assert "Ana Alvarez" not in text(desk.get("/admin/"))
        assert desk.session.get("_messages") is None

    def test_in_a_session_that_has_ended_too(self, ana, sign_in):
        session = sign_in("Front desk").session
        session["_messages"] = MessageEncoder().encode([Message(SUCCESS, "Booked: Ana Alvarez.")])
        session.save()
        Session.objects.update(expire_date=timezone.now() - DAY)  # and waits for the night

        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)

        assert "_messages" not in Session.objects.get().get_decoded()

    def test_twice_says_so(self, ana, manager):
        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)
        for answer in (manager.get(address(ana, "erase")), manager.post(address(ana, "erase"), {"reason": "x", "name": "y"})):
            assert "This patient was erased already, on December 16, 2026." in text(answer)
        assert Entry.objects.filter(action="erased").count() == 1

    def test_an_open_concern_comes_first(self, ana, manager):
        raise_concern(patient=ana, severity="soon", said="still red", by=member("Clinician"), now=NOW)
        said = text(manager.get(address(ana, "erase")))
        assert "A concern of this patient is open. Resolve it first" in said
        assert "Erase for good" not in said

    def test_whoever_was_never_booked_leaves_the_list(self, clinic, manager):
        answer = manager.post(address(clinic.ben, "erase"), {"reason": "entered twice", "name": "Ben Brooks"}, follow=True)
        assert answer.redirect_chain == [("/admin/scheduling/patient/", 302)]
        assert "there was no appointment, so nothing at all is left" in text(answer).lower()
        assert manager.get(address(clinic.ben, "erase")).status_code == 404

    @pytest.mark.parametrize("words", ["\0", "\u200b", "x" * 5000])
    def test_garbage_is_refused(self, ana, manager, words):
        assert manager.post(address(ana, "erase"), {"reason": words, "name": "Ana Alvarez"}).status_code == 200
        assert manager.post(address(ana, "erase"), {"reason": "x", "name": words}).status_code == 200
        assert Patient.objects.get(pk=ana.pk).erased_at is None


class TestAfterwards:
    @pytest.fixture(autouse=True)
    def _erased(self, ana, manager):
        erase_patient(ana, reason="asked for it", by=member("Manager"), now=NOW)

    def test_no_list_has_her(self, ana, manager):
        for page in (
            "/admin/scheduling/patient/",
            "/admin/scheduling/patient/?q=erased",
            "/admin/maintenance-due/?bucket=all",
            "/admin/inbox/",
        ):
            assert f"Erased patient {ana.pk}" not in text(manager.get(page))

    def test_her_past_session_is_still_in_the_diary(self, ana, manager):
        with freeze_time(END):
            board = text(manager.get("/admin/board/?view=day&day=2026-11-03"))
        assert f"Erased patient {ana.pk}" in board

    @pytest.mark.parametrize(
        "page",
        ["/admin/inbox/{}/", "/admin/maintenance-due/patients/{}/call/", "/admin/scheduling/waitlistentry/add/?patient={}"],
    )
    def test_there_is_nothing_to_be_done_with_her(self, ana, manager, page):
        answer = manager.get(page.format(ana.pk))
        assert answer.status_code == 410
        assert "This patient was erased" in answer.content.decode()

    @pytest.mark.parametrize("how", ["get", "post"])
    def test_she_cant_be_booked_from_an_old_page_and_it_says_so(self, ana, manager, how):
        shown = text(getattr(manager, how)("/admin/scheduling/appointment/add/", {"patient": ana.pk, "from": "2026-12-22"}))
        assert "This patient isn’t in the list any more. Nothing is booked: choose another one." in shown
        assert "Alvarez" not in shown

    def test_what_was_typed_there_stays(self, ana, clinic, manager):
        when = {"starts_at_0": "2027-02-02", "starts_at_1": "1:30 PM"}
        typed = {"patient": ana.pk, "treatment": clinic.face.pk, "room": clinic.room.pk, **when}
        page = manager.post("/admin/scheduling/appointment/add/", typed).content.decode()
        assert 'value="2027-02-02"' in page
        assert 'value="1:30 PM"' in page
        for kept in (clinic.face, clinic.room):
            assert f'<option value="{kept.pk}" selected>{kept}</option>' in page

    @pytest.mark.parametrize("page", ["card", "change", "history", "next"])
    def test_her_sessions_pages_can_be_looked_at(self, ana, manager, page):
        session = Appointment.objects.fulfilled().get(patient=ana)
        assert manager.get(f"/admin/scheduling/appointment/{session.pk}/{page}/").status_code == 200

    def test_what_is_left_can_be_handed_out_and_the_page_promises_no_more(self, ana, manager):
        page = text(manager.get(address(ana, "export")))
        assert "Who it was isn’t kept any more, nor any words" in page
        assert "word for word" not in page
        assert manager.post(address(ana, "export")).status_code == 200

    def test_so_can_what_she_was_told(self, ana, manager):
        line = CareMessage.objects.filter(patient=ana, message__isnull=False).first()
        for page in (f"?patient={ana.pk}", f"{line.pk}/change/"):
            answer = manager.get(f"/admin/aftercare/caremessage/{page}")
            assert answer.status_code == 200
            assert f"/admin/inbox/{ana.pk}/" not in answer.content.decode()  # there is no conversation any more
        assert manager.get(f"/admin/notifications/message/{line.message_id}/change/").status_code == 200


def test_the_patients_page_leads_there(ana, manager):
    page = manager.get(address(ana, "change")).content.decode()
    assert address(ana, "export") in page
    assert address(ana, "erase") in page
