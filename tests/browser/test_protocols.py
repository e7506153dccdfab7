"""A clinician changes a text, is told what is wrong with it, mends it and publishes the version."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from aftercare.models import Protocol
from aftercare.services import draft_of, protocol_for
from tests.browser.held import go_on
from tests.browser.screens import on_every_screen


@pytest.fixture
def draft(clinic) -> Protocol:
    return draft_of(Protocol.objects.get(), by=None, now=timezone.now())


@on_every_screen
def test_a_version_from_the_list_to_its_publication(desk, clinic, looks_right):
    page = desk("Clinician")
    page.goto("/admin/aftercare/protocol/")
    looks_right(page, "protocols")
    page.get_by_role("link", name="Aftercare for microneedling").click()
    looks_right(page, "protocol-published")

    page.get_by_role("button", name="Make a new version").click()
    expect(page.get_by_role("heading", name="It is ready to be published")).to_be_visible()
    looks_right(page, "protocol-draft")

    page.get_by_role("link", name="education-day-1").click()
    english = page.get_by_label("Text message, English")
    english.fill("{clinic}: your face may be red. Call {phone}." + " More." * 60)
    size = page.locator("#size-en")
    expect(size).to_contain_text("3 segments")  # while it is being written
    expect(page.locator("#wrongs-en")).to_contain_text("says “face”")
    looks_right(page, "protocol-step-counted")
    page.get_by_role("button", name="Save and go back").click()
    expect(page.get_by_role("heading", name="What must be mended")).to_be_visible()
    looks_right(page, "protocol-to-mend")

    page.get_by_role("link", name="“education-day-1”, English: the text message says").click()
    page.get_by_label("Text message, English").fill("{clinic}: a little red is fine. Call {phone}.")
    expect(page.locator("#size-en")).to_contain_text("1 segment")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("“education-day-1” is saved.")).to_be_visible()
    looks_right(page, "protocol-step")
    page.get_by_role("link", name="Back without saving").click()

    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_text("“education-day-1” has other words in English (text message).")).to_be_visible()
    looks_right(page, "protocol-publish")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("sessions completed from now on follow it.")).to_be_visible()
    assert protocol_for(clinic.face).version == 2


def test_what_is_typed_before_the_page_listens_is_counted(desk, draft):
    page = desk("Clinician")
    scripts = []
    page.route("**/htmx-2*.js", lambda script: scripts.append(script))  # which wait
    page.goto(f"/admin/aftercare/protocol/{draft.pk}/step/{draft.steps.get(slug='serum-week').pk}/", wait_until="commit")

    page.get_by_label("Text message, English").fill("{clinic}: your serum." + " More." * 60)
    go_on(page, scripts)
    expect(page.locator("#size-en")).to_contain_text("3 segments")


def test_without_scripts_saving_counts(browser, live_server, desk, draft):
    with_scripts = desk("Clinician")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False, storage_state=with_scripts.context.storage_state())
    page = context.new_page()
    step = draft.steps.get(slug="serum-week")
    page.goto(f"/admin/aftercare/protocol/{draft.pk}/step/{step.pk}/")
    page.get_by_label("Text message, English").fill("{clinic}: " + "x" * 400 + " {phone}")
    page.get_by_label("Worth sending for … hours").fill("13")
    page.get_by_role("button", name="Show what I typed").click()
    expect(page.locator("#size-en")).to_contain_text("3 segments")
    expect(page.locator("#as-typed .told")).to_have_count(14)
    assert step.texts.get(language="en").sms != page.get_by_label("Text message, English").input_value()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#size-en")).to_contain_text("3 segments")
    expect(page.get_by_text("a dose may go out up to 13 hours late")).to_be_visible()
    context.close()


def test_what_a_patient_would_get_follows_the_typing(desk, draft):
    page = desk("Clinician")
    page.goto(f"/admin/aftercare/protocol/{draft.pk}/step/{draft.steps.get(slug='serum-day').pk}/")
    told = page.locator("#as-typed .told")
    expect(told).to_have_count(8)
    page.get_by_label("How many at most").fill("3")
    page.get_by_label("Text message, Spanish").fill("{clinic}: hola. {phone}")
    page.get_by_label("Language").select_option("es")
    expect(told).to_have_count(3)
    expect(told.first).to_contain_text("Maple Street Clinic: hola. (212) 555-0100")
    expect(page.locator("#in-words")).to_have_text("3 doses, every 3 hours from 3 hours after the session’s end.")
    assert draft.steps.get(slug="serum-day").times == 8


def test_of_counted_hours_and_times_of_day_only_one_is_asked(desk, draft):
    page = desk("Clinician")
    page.goto(f"/admin/aftercare/protocol/{draft.pk}/step/")
    expect(page.get_by_label("Then every … hours")).to_be_visible()
    expect(page.get_by_label("At", exact=True)).to_be_hidden()
    page.get_by_label("At set times of day, on the patient’s own clock").check()
    expect(page.get_by_label("Then every … hours")).to_be_hidden()
    expect(page.get_by_label("At", exact=True)).to_be_visible()
