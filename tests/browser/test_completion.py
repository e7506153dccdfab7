"""The end of a session: what she is told follows the answers, and the next one is two clicks away."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from aftercare.models import Plan
from scheduling.models import Appointment, Product
from tests.browser.days import on
from tests.browser.screens import on_every_screen
from tests.clinic_world import NEW_YORK


@pytest.fixture
def yesterdays(clinic) -> Appointment:
    """Ana was here on the last workday from one to two, and nobody has completed it."""
    for name in ("hyaluronic acid serum", "Alastin Regenerating Skin Nectar"):
        Product.objects.get_or_create(name=name)
    day = datetime.now(NEW_YORK).date() - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return clinic.book(clinic.consents(clinic.ana), on(day), now=on(day, "12:00"))


def completing(appointment: Appointment) -> str:
    return f"/admin/scheduling/appointment/{appointment.pk}/step/complete/"


@on_every_screen
def test_what_she_is_told_follows_the_answers(desk, yesterdays, axe, looks_right):
    page = desk()
    page.goto(completing(yesterdays))
    plan = page.locator("#foreseen")

    expect(plan.get_by_role("heading", name="What Ana is told")).to_be_visible()
    expect(plan).to_contain_text("Completed late: ")
    expect(plan).to_contain_text("time for your hyaluronic acid serum (8 of 8)")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()
    looks_right(page, "completing")

    page.get_by_label("Product used").select_option("Alastin Regenerating Skin Nectar")
    expect(plan).to_contain_text("time for your Alastin Regenerating Skin Nectar (8 of 8)")
    page.get_by_label("Quiet nights").check()
    expect(plan).to_contain_text("for 3 doses of the night")
    page.get_by_label("The time at which it ended").fill("13:30")
    expect(plan.locator("time").first).to_have_text("4:30 PM")
    page.get_by_label("The time at which it ended").fill("12:30")
    expect(plan).to_contain_text("The end of the session can't be before its start. Please check the end time.")
    axe(page)


@on_every_screen
def test_completed_and_the_next_one_booked(desk, yesterdays, looks_right):
    page = desk()
    page.goto(completing(yesterdays))
    page.get_by_role("button", name="Complete", exact=True).click()

    expect(page.get_by_role("heading", name="Book the next session")).to_be_visible()
    expect(page.get_by_text("Completed late: ").or_(page.get_by_text("completed; aftercare is on its way."))).to_be_visible()
    assert Plan.objects.get().appointment == yesterdays
    looks_right(page, "next-session")

    page.locator("a.slot").first.click()
    expect(page).to_have_url(re.compile(rf"/appointment/add/\?patient={yesterdays.patient_id}&.*starts_at="))


def test_by_keyboard_alone(desk, yesterdays):
    page = desk()
    page.goto(completing(yesterdays))
    page.get_by_label("Messages at night too").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#foreseen")).to_contain_text("for 3 doses of the night")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Complete", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book the next session")).to_be_visible()
    yesterdays.patient.refresh_from_db()
    assert yesterdays.patient.wants_quiet_nights
