"""A clinician stops a patient's aftercare, and moves running plans over to a new version of their protocol."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from aftercare.models import Plan
from aftercare.services import load_protocol
from aftercare.services.protocols.loading import read_protocol
from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen
from tests.clinic_world import outbox


@pytest.fixture
def plan(clinic) -> Plan:
    """Of a session that ended a while ago, whatever the hour is now."""
    clinic.location.opening_hours.all().delete()
    clinic.treat(clinic.consents(clinic.ana), timezone.now().replace(second=0, microsecond=0) - timedelta(hours=1))
    return Plan.objects.get()


@on_every_screen
def test_stopped_with_a_reason_and_started_again(desk, plan, axe, picture, looks_right):
    page = desk("Clinician")
    page.goto(f"/admin/aftercare/plan/{plan.pk}/change/")
    expect(page.get_by_text("running")).to_be_visible()
    looks_right(page, "plan")

    page.get_by_role("link", name="Stop the aftercare").click()
    expect(page.get_by_role("heading", name="Stop Ana Alvarez’s aftercare")).to_be_visible()
    looks_right(page, "plan-stop")

    page.get_by_label("Why is it stopped?").fill("   ")
    page.get_by_role("button", name="Stop the aftercare").click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a few words why the plan is stopped.")
    axe(page)
    page.get_by_label("Why is it stopped?").fill("Allergic to the serum")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The aftercare is stopped")).to_be_visible()
    expect(page.get_by_text("Allergic to the serum").first).to_be_visible()
    assert outbox() == []
    axe(page)
    picture(page, "plan-stopped")

    page.get_by_role("button", name="Start the aftercare again").click()
    expect(page.get_by_text("Started again: what lies ahead goes out")).to_be_visible()
    assert len(outbox()) == 32


@on_every_screen
def test_moved_over_to_the_new_version(desk, clinic, plan, axe, fits, looks_right):
    newer = load_protocol(read_protocol("microneedling"), now=timezone.now())
    page = desk("Clinician")
    page.goto(f"/admin/aftercare/protocol/{newer.pk}/change/")
    page.get_by_role("link", name="Move one running plan over").click()
    expect(page.get_by_role("heading", name="Move running plans over")).to_be_visible()
    looks_right(page, "move-over")

    page.get_by_role("button", name="Move the plan over").click()
    expect(page.get_by_text("1 plan follows version 2 now: 32 of its messages were taken back, 32 planned anew.")).to_be_visible()
    plan.refresh_from_db()
    assert plan.protocol == newer
    page.goto(f"/admin/aftercare/protocol/{newer.pk}/move-over/")
    expect(page.get_by_text("No running plan follows an older version.")).to_be_visible()
    axe(page)
    fits(page)


def test_the_day_it_is_booked_has_no_button(desk, clinic):
    booked = clinic.book(clinic.ana, on(workday(2)), now=timezone.now())
    page = desk("Clinician")
    page.goto(f"/admin/scheduling/appointment/{booked.pk}/change/")
    expect(page.get_by_role("link", name="Stop the aftercare")).to_have_count(0)
