"""Somebody who is due again is called: the number, what was tried before, and what came of it."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from scheduling.models import Appointment, RecallAction
from tests.browser.days import on
from tests.browser.screens import on_every_screen
from tests.clinic_world import NEW_YORK


@pytest.fixture
def last(clinic) -> Appointment:
    """Ana's first session, fifty days or a little more ago: the next one is late."""
    day = datetime.now(NEW_YORK).date() - timedelta(days=50)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return clinic.treat(clinic.ana, on(day))


@on_every_screen
def test_she_declines_and_that_was_a_slip(desk, last, axe, looks_right):
    page = desk()
    page.goto(f"/admin/scheduling/patient/{last.patient_id}/change/")
    page.get_by_role("link", name="Log a call").click()

    expect(page.get_by_role("link", name="(212) 555-0101")).to_have_attribute("href", "tel:+12125550101")
    expect(page.get_by_text("Why?")).to_be_hidden()
    page.get_by_label("Declined").check()
    page.get_by_role("button", name="Log the call").click()
    expect(page.get_by_text("Choose why: it is what the clinic learns from.")).to_be_visible()
    expect(page.get_by_label("Declined")).to_be_checked()
    looks_right(page, "calling")
    axe(page)

    page.get_by_label("Moved away").check()
    page.get_by_role("button", name="Log the call").click()
    expect(page.get_by_text("Ana Alvarez is off the list until the next session")).to_be_visible()
    assert [(action.outcome, action.reason) for action in RecallAction.objects.all()] == [("declined", "moved away")]

    page.get_by_role("link", name="A slip?").click()
    looks_right(page, "calling-slip")
    axe(page)
    page.get_by_role("button", name="Logged by mistake? Take it back").click()
    expect(page.get_by_text("“declined”, is taken back and counts for nothing.")).to_be_visible()
    looks_right(page, "calling-taken-back")
