"""Somebody who would come earlier is put on the list, offered a time, and says yes on the phone."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduling import services
from scheduling.models import Appointment, Offer, WaitlistEntry
from scheduling.signals import slot_offered
from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen


@pytest.fixture
def anas(clinic) -> Appointment:
    """In three weeks, and she would come earlier."""
    return clinic.book(clinic.ana, on(workday(15)), now=timezone.now())


@pytest.fixture
def offered(clinic, anas) -> Offer:
    """What Ben has called off, the day after tomorrow."""
    services.wait(
        patient=clinic.ana,
        treatment=clinic.face,
        location=clinic.location,
        appointment=anas,
        first_on=workday(1),
        last_on=workday(10),
    )
    services.cancel(clinic.book(clinic.ben, on(workday(3)), now=timezone.now()), reason="ill")

    def told(**about: object) -> bool:
        return True

    slot_offered.connect(told)
    try:
        services.offer_openings(on(workday(1), "12:00"))  # not in her night, whatever the hour is now
    finally:
        slot_offered.disconnect(told)
    return Offer.objects.get()


@on_every_screen
def test_she_is_put_on_the_list_from_her_appointment(desk, anas, looks_right):
    page = desk()
    page.goto(f"/admin/scheduling/appointment/{anas.pk}/change/")
    looks_right(page, "appointment")

    page.get_by_role("link", name="Wants an earlier time").click()
    expect(page.get_by_label("Treatment")).to_have_value(str(anas.course.treatment_id))
    looks_right(page, "waitlist-add")

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Ana Alvarez").first).to_be_visible()
    entry = WaitlistEntry.objects.get()
    assert (entry.patient_id, entry.appointment, entry.status) == (anas.patient_id, anas, WaitlistEntry.Status.WAITING)
    looks_right(page, "waitlist")


@on_every_screen
def test_what_was_offered_is_taken_by_phone(desk, anas, offered, axe, fits, looks_right):
    page = desk()
    page.goto("/admin/scheduling/waitlistentry/")
    axe(page)
    fits(page)
    page.get_by_role("link", name="Ana Alvarez").click()
    expect(page.get_by_role("button", name="Take off the list")).to_be_visible()
    looks_right(page, "waitlist-entry")

    page.get_by_role("button", name="Taken by phone:").click()
    expect(page.get_by_text("Booked: Ana Alvarez, ")).to_be_visible()
    anas.refresh_from_db()
    [taken] = Appointment.objects.filter(patient=anas.patient).coming()
    assert taken.starts_at == on(workday(3))
