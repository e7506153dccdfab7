"""A protocol's preview: what is chosen on one side, every message as it would go out on the other."""

import re

import pytest
from playwright.sync_api import expect

from aftercare.models import Protocol
from tests.browser.screens import on_every_screen

TUESDAY = "ended_on=2026-11-10&ended_at=14:00"


@pytest.fixture
def preview(clinic) -> str:
    return f"/admin/aftercare/protocol/{Protocol.objects.get().pk}/preview/"


@on_every_screen
def test_what_is_told_follows_what_is_chosen(desk, preview, picture, looks_right):
    page = desk("Clinician")
    page.goto(f"{preview}?{TUESDAY}")
    told = page.locator("#previewed")

    expect(told.get_by_role("heading", name="What the patient is told")).to_be_visible()
    expect(told).to_contain_text("time for your hyaluronic acid serum (1 of 8)")
    expect(told.get_by_text("Tuesday, November 10 the day of the session")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    looks_right(page, "preview")

    page.get_by_label("Language").select_option("es")
    expect(told).to_contain_text("es hora de su sérum hialur")
    page.get_by_label("Quiet nights").check()
    expect(told).to_contain_text("for 3 doses of the night")
    page.get_by_label("The time at which it ended").fill("15:30")
    expect(told.locator("time").first).to_have_text("6:30 PM")
    expect(page).to_have_url(re.compile(r"language=es"))
    picture(page, "preview-quiet-in-spanish")

    zone = page.get_by_label("Time zone")
    zone.fill("Mars/Olympus")
    zone.press("Tab")
    expect(page.get_by_text("“Mars/Olympus” is not a time zone; use a name such as America/New_York.")).to_be_visible()
    expect(zone).to_have_value("Mars/Olympus")
    looks_right(page, "preview-wrong")
    zone.fill("Pacific/Honolulu")
    zone.press("Tab")
    expect(told).to_contain_text("Times are on the clock in Pacific/Honolulu.")
    expect(page.get_by_text("is not a time zone")).to_have_count(0)


@on_every_screen
def test_an_email_is_seen_as_the_patient_sees_it(desk, preview, axe, fits, picture):
    page = desk("Clinician")
    page.goto(f"{preview}?{TUESDAY}")
    page.get_by_text("Day 1: what you may see in the mirror").click()
    frame = page.frame_locator("iframe").first

    expect(frame.get_by_role("heading", name="Day 1: what you may see in the mirror")).to_be_visible()
    # Its own styles hold there, and there alone.
    assert frame.locator(".clinic").first.evaluate("it => getComputedStyle(it).fontWeight") == "600"
    fits(page)
    picture(page, "preview-email")
    axe(page)


def test_without_scripts(browser, live_server, preview, desk):
    cookies = desk("Clinician").context.cookies()
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{preview}?{TUESDAY}")
    page.get_by_label("Language").select_option("es")
    page.get_by_label("Quiet nights").check()
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#previewed")).to_contain_text("es hora de su sérum hialur")
    expect(page.locator("#previewed")).to_contain_text("for 3 doses of the night")
    expect(page.get_by_label("Language")).to_have_value("es")
    page.get_by_text("Día 1: lo que puede ver en el espejo").click()
    expect(page.frame_locator("iframe").first.get_by_role("heading", name="Día 1: lo que puede ver en el espejo")).to_be_visible()
    context.close()
