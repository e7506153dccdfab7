"""Somebody is erased at the very moment at which something else happens to her: one waits for the other, and no name is left."""

from collections.abc import Callable
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from aftercare.errors import CantErase, Refused
from aftercare.models import CareMessage
from aftercare.services import give_consent, raise_concern, tell_recalls, want_recalls
from aftercare.services.privacy import erasing
from aftercare.services.privacy.erasing import erase_patient
from aftercare.services.telling.ending import link_to_end
from notifications.services import dispatch_until_idle, receive_reply
from scheduling import services as scheduling
from scheduling.errors import BookingRefused
from scheduling.models import Appointment, Offer, Patient, PatientFile
from scheduling.services.importing import FileRefused, bring_file, files, import_file, show_file
from tests.aftercare.test_privacy_erasing import found
from tests.clinic.test_patients_in_the_admin import as_form
from tests.clinic_world import Clinic, at, wait_until, waiting_for_a_lock
from tests.clock import freeze_time
from tests.staff import member

REFUSALS = (BookingRefused, Refused, CantErase, FileRefused)
NOW = at("2026-12-16", "10:00")
DAY = timedelta(days=1)


def coming(ana: Patient) -> Appointment:
    return Appointment.objects.coming().get(patient=ana)


def wait(clinic: Clinic) -> Any:
    days = {"first_on": NOW.date(), "last_on": date(2026, 12, 30)}
    return scheduling.wait(patient=clinic.ana, treatment=clinic.scalp, location=clinic.location, **days, now=NOW)


def complete(clinic: Clinic) -> Any:
    scheduling.arrive(coming(clinic.ana), now=at("2026-12-23"))
    return scheduling.complete(coming(clinic.ana), now=at("2026-12-23", "15:00"))


def bring() -> PatientFile:
    content = b"First name,Last name,Birth date,Phone\nQuetzalina,Xochitlberg,1987-06-05,+12125550101\n"
    return bring_file("patients.csv", content, by=member("Manager"), now=NOW)


def recall(clinic: Clinic) -> Any:
    want_recalls([clinic.ana.pk], by=None, now=NOW)
    return tell_recalls(NOW)


MEANWHILE: dict[str, Callable[[Clinic], Any]] = {
    "completed": complete,
    "cancelled": lambda clinic: scheduling.cancel(coming(clinic.ana), reason="the wombat is ill", now=NOW),
    "put on the waitlist": wait,
    "agreeing": lambda clinic: give_consent(clinic.ana, "recall", "sms", source="front desk", now=NOW),
    "worried": lambda clinic: raise_concern(patient=clinic.ana, severity="soon", said="The wombat bit.", by=member("Clinician"), now=NOW),
    "asked back": recall,
    "imported": lambda clinic: import_file(PatientFile.objects.get(), by=member("Manager"), now=NOW),
}


@pytest.fixture
def ana(committed_clinic: Clinic) -> Patient:
    clinic, ana = committed_clinic, committed_clinic.ana
    ana.first_name, ana.last_name, ana.birth_date, ana.notes = "Quetzalina", "Xochitlberg", date(1987, 6, 5), "Keeps a wombat."
    ana.save()
    clinic.treat(clinic.consents(ana))
    clinic.agrees_to_recalls(ana)
    dispatch_until_idle(now=at("2026-11-05"))
    clinic.book(ana, at("2026-12-23"), now=NOW - DAY)
    bring()  # a colleague has it before her
    return ana


def one_after(one: Callable[[], Any], other: Callable[[], Any]) -> list[Callable[[], Any]]:
    """`other` begins while `one` has all that it locked, and nobody else sees yet what it wrote."""
    has_begun, is_over = Event(), Event()

    def begins() -> Any:
        with transaction.atomic():
            try:
                return one()
            finally:
                has_begun.set()
                wait_until(lambda: is_over.is_set() or waiting_for_a_lock())

    def follows() -> Any:
        assert has_begun.wait(20)
        try:
            return other()
        finally:
            is_over.set()

    return [begins, follows]


@pytest.mark.parametrize("first", ["erasure", "other"])
@pytest.mark.parametrize("what", MEANWHILE)
def test_of_an_erasure_and_something_else_one_waits_for_the_other(committed_clinic, ana, at_once, what, first):
    clinic, manager = committed_clinic, member("Manager")
    member("Clinician")

    def erases() -> Any:
        return erase_patient(ana, reason="asked for it", by=manager, now=NOW)

    def does() -> Any:
        return MEANWHILE[what](clinic)

    one, other = (erases, does) if first == "erasure" else (does, erases)

    for came_of_it in at_once(one_after(one, other)):
        assert not isinstance(came_of_it, Exception) or isinstance(came_of_it, REFUSALS), repr(came_of_it)
    if Patient.objects.get(pk=ana.pk).erased_at:
        assert found() == {}


def test_what_is_sent_and_heard_meanwhile_names_nobody_either(committed_clinic, ana, at_once):
    """A reply that comes after the erasure is one from a number that nobody has."""
    manager = member("Manager")
    erased, *_others = at_once(
        [
            lambda: erase_patient(ana, reason="asked for it", by=manager, now=NOW),
            lambda: dispatch_until_idle(now=NOW + timedelta(hours=8)),
            lambda: receive_reply("sms", "+12125550101", "My wombat is fine", provider_id="SM9", now=NOW),
        ]
    )

    assert erased is True
    assert set(found()) <= {"notifications_reply"}
    assert not CareMessage.objects.filter(patient=ana).exclude(reply=None).exclude(reply__body="").exists()


# --- somebody who was never booked, and leaves no row ---------------------------------------------------------------------

SESSION = {"starts_at_0": "2026-12-23", "starts_at_1": "3:00 PM"}


@pytest.fixture
def newcomer(committed_clinic: Clinic) -> Patient:
    """She waits, and was offered a time."""
    clinic, newcomer = committed_clinic, committed_clinic.ana
    newcomer.first_name, newcomer.last_name, newcomer.birth_date = "Quetzalina", "Xochitlberg", date(1987, 6, 5)
    newcomer.save()
    clinic.consents(newcomer)
    bring()
    days = {"first_on": NOW.date(), "last_on": date(2026, 12, 30)}
    scheduling.wait(patient=newcomer, treatment=clinic.face, location=clinic.location, **days, now=NOW)
    scheduling.cancel(clinic.book(clinic.chloe, at("2026-12-22"), now=NOW - DAY), reason="she is ill", now=NOW)
    scheduling.offer_openings(NOW)
    return newcomer


def admin(page: str) -> str:
    return f"/admin/scheduling/{page}/"


SENT: dict[str, Callable[[Clinic, Offer], tuple[str, dict[str, Any]]]] = {
    "her page": lambda clinic, offer: (admin(f"patient/{clinic.ana.pk}/change"), as_form(clinic.ana, notes="Keeps a wombat.")),
    "her page, and what he agreed to": lambda clinic, offer: (
        admin(f"patient/{clinic.ana.pk}/change"),
        as_form(clinic.ana, care_by_sms="on", care_by_email="on", recall_by_sms="on"),
    ),
    "the erasing page": lambda clinic, offer: (
        admin(f"patient/{clinic.ana.pk}/erase"),
        {"reason": "asked for it", "name": "Quetzalina Xochitlberg"},
    ),
    "the booking page": lambda clinic, offer: (
        admin("appointment/add"),
        {"patient": clinic.ana.pk, "treatment": clinic.face.pk, "practitioner": clinic.dana.pk, "room": clinic.room.pk, **SESSION},
    ),
    "her place in the waitlist": lambda clinic, offer: (admin(f"waitlistentry/{offer.entry_id}/withdraw"), {}),
    "the waitlist": lambda clinic, offer: (admin("waitlistentry"), {"action": "take_off", "_selected_action": [offer.entry_id]}),
    "the offer": lambda clinic, offer: (admin(f"waitlistentry/offer/{offer.pk}/accept"), {}),
    "a file of patients": lambda clinic, offer: (admin(f"patient/import/{PatientFile.objects.get().pk}"), {"import": "Import"}),
    "the link in her email": lambda clinic, offer: (link_to_end(clinic.ana).removeprefix(settings.PUBLIC_BASE_URL), {}),
}


@pytest.mark.parametrize("page", SENT)
def test_what_is_sent_from_a_page_just_then_ends_in_a_sentence_and_brings_nobody_back(committed_clinic, newcomer, at_once, page):
    clinic, manager = committed_clinic, member("Manager")
    offer = Offer.objects.select_related("entry").get(entry__patient=newcomer)
    browser = Client()
    browser.force_login(manager)
    address, form = SENT[page](clinic, offer)

    with freeze_time(NOW):
        erasure = one_after(
            lambda: erase_patient(newcomer, reason="asked for it", by=manager, now=NOW),
            lambda: browser.post(address, form),
        )
        is_left, answer = at_once(erasure)

    assert is_left is False
    assert not isinstance(answer, Exception), repr(answer)
    assert answer.status_code in (200, 302, 410)
    assert not Patient.objects.filter(pk=newcomer.pk).exists()
    assert found() == {}


@pytest.fixture
def brought_at_once(committed_clinic: Clinic, newcomer: Patient, at_once: Callable[..., Any]) -> Callable[[], tuple[list[int], bool]]:
    """A file with her is brought while she goes: how many its preview says are new and here, and whether it waits for somebody's press."""

    def run() -> tuple[list[int], bool]:
        PatientFile.objects.all().delete()
        manager = member("Manager")
        erasure = one_after(
            lambda: erase_patient(newcomer, reason="asked for it", by=manager, now=NOW),
            lambda: show_file(bring()),
        )
        is_left, preview = at_once(erasure)
        assert is_left is False
        assert not isinstance(preview, Exception), repr(preview)
        return [len(preview.new), len(preview.here)], not PatientFile.objects.get().is_forgotten

    return run


def test_a_file_that_is_brought_just_then_is_looked_at_without_her(brought_at_once):
    """Who presses import then was told that she is new."""
    assert brought_at_once() == ([1, 0], True)


def test_without_the_lock_it_would_say_that_she_is_here_and_add_her(brought_at_once, monkeypatch):
    """The control."""
    monkeypatch.setattr(files, "_hold_off_erasures", lambda: None)
    assert brought_at_once() == ([0, 1], True)


@pytest.fixture
def pressed_at_once(newcomer: Patient, at_once: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[int]]:
    """She goes while an import has begun, and hasn't looked yet who is here: how many it says are new, and were here."""

    def run() -> list[int]:
        manager, has_begun, is_over, go_through = member("Manager"), Event(), Event(), files._gone_through

        def slowly(file: PatientFile, *, save: bool) -> Any:
            has_begun.set()
            wait_until(lambda: is_over.is_set() or waiting_for_a_lock())
            if not is_over.is_set():  # who erases waits, and nobody has to wait for her meanwhile
                Patient.objects.select_for_update(no_key=True, nowait=True).get(pk=newcomer.pk)
            return go_through(file, save=save)

        def erases() -> bool:
            assert has_begun.wait(20)
            try:
                return erase_patient(newcomer, reason="asked for it", by=manager, now=NOW)
            finally:
                is_over.set()

        monkeypatch.setattr(files, "_gone_through", slowly)
        done, is_left = at_once([lambda: import_file(PatientFile.objects.get(), by=manager, now=NOW), erases])
        assert is_left is False
        assert not isinstance(done, Exception), repr(done)
        return [len(done.new), len(done.here)]

    return run


def test_an_import_that_has_begun_is_waited_for_and_skips_her(pressed_at_once):
    assert pressed_at_once() == [0, 1]
    assert found() == {}


def test_without_the_wait_it_would_add_her_anew(pressed_at_once, monkeypatch):
    """The control."""
    monkeypatch.setattr(erasing, "forget_waiting_files", lambda: None)
    assert pressed_at_once() == [1, 0]
    assert "scheduling_patient" in found()
