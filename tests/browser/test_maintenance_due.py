"""A manager opens the report in the morning: on every screen."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from scheduling.models import SavedView
from tests.browser.days import on, workday
from tests.browser.screens import on_every_screen
from tests.clinic_world import Clinic

PAGE = "/admin/maintenance-due/"


@pytest.fixture
def treated(clinic: Clinic) -> Clinic:
    """Ana is late, Ben is due and booked, and Chloe, whom no message may reach, is due."""
    clinic.agrees_to_recalls(clinic.ana, clinic.ben)
    for who, days in ((clinic.ana, 60), (clinic.ben, 38), (clinic.chloe, 30)):
        clinic.treat(who, on(before(days)))
    clinic.book(clinic.ben, on(workday(2)), now=timezone.now())
    return clinic


def before(days: int) -> date:
    """A weekday so many days ago, or the one before it."""
    day = workday() - timedelta(days=days)
    return day - timedelta(days=max(0, day.weekday() - 4))


@on_every_screen
def test_whom_to_call_is_seen_chosen_and_kept_under_a_name(desk, treated, screen, looks_right):
    page = desk("Manager")
    page.goto(PAGE)
    if screen.is_narrow:  # the list comes first there
        expect(page.get_by_role("figure")).to_have_count(0)
        page.locator("summary", has_text="The months before and to come").click()
    expect(page.get_by_role("figure")).to_have_count(2)  # the charts have come
    expect(page.get_by_role("heading", name="2 patients to call · 1,280 USD")).to_be_visible()
    expect(page.get_by_label("All 2 that match")).to_be_visible()
    page.get_by_label("All on this page").check()
    expect(page.locator("#chosen-count")).to_have_text("2 chosen")
    looks_right(page, "maintenance-due")

    page.get_by_role("link", name="In course and booked").click()
    expect(page.get_by_role("rowheader", name="Ben Brooks")).to_be_visible()
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("Booked ones")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Booked ones” is kept.")).to_be_visible()

    for letter in "xyz":  # names so long that the button stands in a row of its own
        SavedView.objects.create(user=User.objects.get(), name=60 * letter, query="")
    page.reload()
    page.get_by_text("Save this view").click()
    expect(page.get_by_label("Name")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="Rename or delete").click()
    looks_right(page, "maintenance-due-views")


@on_every_screen
def test_recalls_are_sent_and_set_to_go_by_themselves_and_the_desk_makes_the_calls(desk, treated, looks_right):
    page = desk("Manager")
    page.goto(PAGE)
    page.get_by_label("All 2 that match").check()
    page.get_by_role("button", name="Send recall…").click()
    expect(page.get_by_role("heading", name="What they read")).to_be_visible()
    looks_right(page, "recall-send")
    page.get_by_role("link", name="Back").click()
    page.get_by_role("link", name="Automatic recalls").click()
    page.get_by_text("Send recalls automatically").click()
    expect(page.get_by_label("Send recalls automatically")).to_be_checked()
    looks_right(page, "recall-policy")

    clerk = desk("Front desk")
    clerk.goto("/admin/")
    clerk.locator("a.tile", has_text="To call").click()
    expect(clerk.get_by_role("heading", name="2 patients to call")).to_be_visible()
    looks_right(clerk, "calls")
    clerk.get_by_role("link", name="Log a call to Ana Alvarez").click()
    expect(clerk.get_by_role("heading", name="Call Ana Alvarez")).to_be_visible()
