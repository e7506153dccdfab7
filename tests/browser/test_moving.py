"""Moving an appointment, and taking that back, as the desk does it."""

import re

from playwright.sync_api import expect

from scheduling.models import Appointment
from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen
from tests.clinic_world import WEEK


@on_every_screen
def test_a_free_time_is_pressed_and_taken_back(desk, clinic, looks_right):
    booked = clinic.book(clinic.consents(clinic.ana), on(workday(8)), now=None)
    page = desk()
    page.goto(f"/admin/scheduling/appointment/{booked.pk}/move/?next=/admin/scheduling/appointment/")

    looks_right(page, "move")
    page.locator(".slot").last.click()

    expect(page).to_have_url(re.compile("/admin/scheduling/appointment/$"))
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    looks_right(page, "moved")
    assert Appointment.objects.get().starts_at != booked.starts_at
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("the move is undone")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert Appointment.objects.get().starts_at == booked.starts_at


@on_every_screen
def test_it_asks_before_later_sessions_go_along(desk, clinic, looks_right):
    first = clinic.book(clinic.consents(clinic.ana), on(workday(5)), now=None)
    later = clinic.book(clinic.ana, first.starts_at + 4 * WEEK, now=None)
    page = desk()
    page.goto(f"/admin/scheduling/appointment/{first.pk}/move/")
    page.get_by_label("New time").fill(f"{on(workday(6)):%Y-%m-%dT%H:%M}")
    page.get_by_label("New time").press("Enter")

    expect(page.get_by_role("heading", name="A later session would come too early. Move it along?")).to_be_visible()
    looks_right(page, "move-along")
    page.get_by_role("button", name="Move all of them").click()

    expect(page).to_have_url(re.compile(rf"/{first.pk}/change/$"))
    expect(page.get_by_text("One later session went along.")).to_be_visible()
    assert Appointment.objects.get(pk=later.pk).starts_at > later.starts_at


@on_every_screen
def test_a_refusal_leads_to_the_free_times(desk, clinic, looks_right):
    booked = clinic.book(clinic.ana, on(workday(5)), now=None)
    page = desk()
    page.goto(f"/admin/scheduling/appointment/{booked.pk}/move/?starts_at={on(workday(6), '20:00'):%Y-%m-%dT%H:%M}")

    expect(page.get_by_role("alert")).to_contain_text("is open from 8:00 AM to 6:00 PM")
    looks_right(page, "move-refused")
