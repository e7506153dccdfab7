"""What stands in place of a page."""

from playwright.sync_api import expect

from clinic import limits
from scheduling.models import Patient
from tests.browser.screens import on_every_screen


@on_every_screen
def test_what_was_typed_while_somebody_signed_in_anew_is_sent_by_one_press(desk, looks_right, troubles):
    page = desk("Front desk")
    page.goto("/admin/scheduling/patient/add/")
    page.get_by_label("First name").fill("Dora")
    page.get_by_label("Last name").fill("Dunn")
    page.get_by_label("Date of birth").fill("2/29/1988")
    page.get_by_label("Notes").fill("Comes from her sister's.\nAfraid of needles.")
    page.context.clear_cookies(name="csrftoken")
    page.context.new_page().goto("/admin/password_change/")  # which brings another

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("heading", name="Not saved yet")).to_be_visible()
    expect(page.get_by_text("Afraid of needles.")).to_be_visible()
    assert not Patient.objects.exists()
    looks_right(page, "not-saved-yet")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_text("Dora Dunn").first).to_be_visible()
    assert Patient.objects.get().notes == "Comes from her sister's.\r\nAfraid of needles."
    troubles.clear()  # a 403 is one


@on_every_screen
def test_who_asks_too_often_reads_when_to_come_back(desk, looks_right, troubles, settings):
    settings.RATE_LIMITS = {"/admin/login/": "1/minute"}
    limits.counter.cache_clear()
    page = desk(None)
    page.goto("/admin/login/")
    page.goto("/admin/login/")

    expect(page.get_by_role("heading", name="That was too often")).to_be_visible()
    looks_right(page, "too-often")
    limits.counter.cache_clear()
    troubles.clear()  # a 429 is one
