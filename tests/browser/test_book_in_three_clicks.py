"""Booking for a known patient from the board: at most three clicks and one typed name; and by keyboard alone."""

import json
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from scheduling.models import Appointment
from tests.browser.days import on, workday
from tests.browser.screens import DESK, PHONE
from tests.clinic_world import WEEK, Clinic

# What a person does is told by the browser itself: an event that a script makes isn't trusted.
COUNT = """
const note = (what) => {
    const done = JSON.parse(sessionStorage.getItem("done") ?? "[]");
    sessionStorage.setItem("done", JSON.stringify([...done, what]));
};
addEventListener("click", (event) => event.isTrusted && event.detail && note("click"), true); // Enter on a button counts no clicks
addEventListener("input", (event) => event.isTrusted && note(`type ${event.target.name}`), true);
"""


@pytest.fixture
def day(clinic: Clinic) -> date:
    """Ana had her first session six weeks before it."""
    day = workday(2)
    clinic.treat(clinic.ana, on(day) - 6 * WEEK)
    return day


def the_board(desk, day: date) -> Page:
    page = desk("Front desk")
    page.context.add_init_script(COUNT)
    page.goto(f"/admin/board/?view=day&by=practitioner&day={day}")
    return page


def done(page: Page) -> list[str]:
    return json.loads(page.evaluate("sessionStorage.getItem('done') ?? '[]'"))


def free_time(page: Page) -> Locator:
    return page.get_by_role("link", name="Book Dana Diaz at 10:00 AM", exact=True)


def the_search(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Find a patient")


def press_until_on(page: Page, key: str, selector: str) -> None:
    for _step in range(60):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{key} doesn't lead to {selector}")


def is_booked(page: Page, clinic: Clinic, day: date) -> None:
    """And one is on the board again, where it is."""
    page.wait_for_url("**/admin/board/**")
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()
    booked = Appointment.objects.get(status="booked")
    assert (booked.patient, booked.practitioner, booked.starts_at) == (clinic.ana, clinic.dana, on(day, "10:00"))


@pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])
def test_three_clicks_and_a_name(desk, clinic, day, axe, fits):
    page = the_board(desk, day)

    free_time(page).click()
    expect(the_search(page)).to_be_focused()
    page.keyboard.type("alva")
    page.get_by_role("option", name="Ana Alvarez").click()
    expect(page.get_by_text("1 of 3 done")).to_be_visible()
    axe(page)
    fits(page)
    page.get_by_role("button", name="Book", exact=True).click()

    is_booked(page, clinic, day)
    assert done(page) == ["click", *["type q"] * 4, "click", "click"]


def test_by_keyboard_alone(desk, clinic, day):
    page = the_board(desk, day)

    press_until_on(page, "Tab", f"a.slot[href*='practitioner={clinic.dana.pk}&']")
    press_until_on(page, "ArrowDown", "[aria-label='Book Dana Diaz at 10:00 AM']")
    page.keyboard.press("Enter")
    expect(the_search(page)).to_be_focused()
    page.keyboard.type("alva")
    expect(page.get_by_role("option", name="Ana Alvarez")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Book", exact=True)).to_be_focused()
    page.keyboard.press("Enter")

    is_booked(page, clinic, day)
    assert "click" not in done(page)
