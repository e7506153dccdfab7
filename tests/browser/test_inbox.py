"""A clinician opens a text's link at night, and the front desk keeps the inbox open all day: on every screen, and by keyboard alone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from aftercare import services
from aftercare.models import CareMessage, Concern, OnCallContact
from notifications.services import receive_reply
from scheduling.models import Patient
from tests.browser.screens import THE_NEXT_LOOK, on_every_screen
from tests.clinic_world import Clinic


@pytest.fixture
def ana(clinic: Clinic) -> Patient:
    """Treated three days ago; she has just written something that worries."""
    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550190", email="dana@example.org")
    clinic.location.opening_hours.all().delete()  # at this hour, whichever it is
    clinic.treat(clinic.consents(clinic.ana), timezone.now() - timedelta(days=3))
    receive_reply("sms", "+12125550101", "It bleeds and gets worse, and I have a fever", provider_id="SM1", now=timezone.now())
    receive_reply("sms", "+12125550103", "Can I swim tomorrow?", provider_id="SM2", now=timezone.now())
    return clinic.ana


@on_every_screen
def test_the_inbox_and_a_conversation_can_be_used_by_anybody(desk, ana, looks_right):
    page = desk("Clinician")
    page.goto("/admin/inbox/")
    expect(page.get_by_text("15 min left")).to_be_visible()
    looks_right(page, "inbox")

    page.get_by_role("link", name="Ana Alvarez").click()
    expect(page.get_by_role("heading", name="Ana Alvarez")).to_be_visible()
    page.get_by_text("Raise a concern").or_(page.get_by_text("The patient said more")).click()
    looks_right(page, "thread")


def tab_to(page: Page, name: str, presses: int = 60) -> None:
    """By the keyboard alone."""
    for _press in range(presses):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement; return e.labels?.[0]?.textContent.trim() || e.textContent.trim() }"
        )
        if focused == name:
            return
    pytest.fail(f"No way to “{name}” by the keyboard.")


def test_by_keyboard_alone_it_is_acknowledged_answered_and_resolved(desk, ana):
    page = desk("Clinician")
    page.goto(f"/admin/inbox/{ana.pk}/")

    tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You have acknowledged it: nobody else is told.")).to_be_visible()

    tab_to(page, "Answer by text")
    page.keyboard.type("Please call us now, Ana.")
    expect(page.locator("#answer-count")).to_have_text("1 text")
    tab_to(page, "Send text")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The answer goes out by text now.")).to_be_visible()

    tab_to(page, "What came of it")
    page.keyboard.type("Seen at noon, all well.")
    tab_to(page, "Resolve")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The concern is resolved. What was paused for it goes on.")).to_be_visible()

    concern = Concern.objects.get()
    assert (concern.acknowledged_by.username, concern.note) == ("clinician", "Seen at noon, all well.")
    assert CareMessage.objects.get(written_by__isnull=False).message.body == "Maple Street Clinic: Please call us now, Ana."


def test_what_comes_meanwhile_is_seen_and_what_is_typed_stays(desk, clinic, ana):
    page = desk()
    page.clock.install()
    page.goto(f"/admin/inbox/{ana.pk}/")
    page.get_by_label("Answer by text").fill("Please wait")
    receive_reply("sms", "+12125550101", "And it hurts a lot", provider_id="SM3", now=timezone.now())

    with page.expect_response(lambda answer: "part=thread-talk" in answer.url and answer.status == 200):
        page.clock.run_for(11_000)

    expect(page.locator("#thread-talk").get_by_text("And it hurts a lot")).to_be_visible()
    expect(page.get_by_label("Answer by text")).to_have_value("Please wait")
    expect(page.get_by_label("Answer by text")).to_be_focused()


def test_a_new_urgent_one_is_said_and_the_focus_stays(desk, clinic, ana):
    page = desk()
    page.clock.install()
    page.goto("/admin/inbox/")
    link = page.get_by_role("link", name="Ana Alvarez")
    link.focus()
    services.raise_concern(patient=clinic.ben, severity="urgent", said="He can't see.", now=timezone.now())
    page.clock.run_for(11_000)

    expect(page.get_by_role("link", name="Ben Brooks")).to_be_visible()
    expect(page.locator("#inbox-said")).to_have_text("New urgent concern: Ben Brooks.")
    expect(link).to_be_focused()


def test_whose_session_is_over_is_asked_to_sign_in(desk, ana):
    page = desk()
    page.clock.install()
    page.goto("/admin/inbox/?q=alvarez")
    page.context.clear_cookies()
    page.clock.run_for(11_000)

    page.get_by_role("dialog", name="You have been signed out").get_by_role("link", name="Sign in").click()
    page.wait_for_url("**/login/?next=/admin/inbox/%3Fq%3Dalvarez")


def test_what_she_is_typing_to_a_patient_stays_when_the_session_is_over(desk, ana):
    page = desk()
    page.clock.install()
    page.goto(f"/admin/inbox/{ana.pk}/")
    page.get_by_label("Answer by text").fill("Press a clean cloth on it.")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    page.clock.run_for(11_000)

    cover = page.get_by_role("dialog", name="You have been signed out")
    expect(cover.get_by_text("What you typed is still here")).to_be_visible()
    expect(cover.get_by_role("link", name="Sign in")).to_have_attribute("target", "_blank")

    page.context.add_cookies(cookies)  # she has signed in on another page
    page.clock.run_for(12_000)
    expect(cover).to_be_hidden(timeout=THE_NEXT_LOOK)
    expect(page.get_by_label("Answer by text")).to_have_value("Press a clean cloth on it.")


def test_without_scripts_it_is_answered_all_the_same(browser, live_server, desk, ana):
    page = desk("Clinician")
    cookies = page.context.cookies()
    plain = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain.add_cookies(cookies)
    bare = plain.new_page()
    bare.goto("/admin/inbox/")
    bare.get_by_role("button", name="Acknowledge").click()
    expect(bare.get_by_text("You have acknowledged it: nobody else is told.")).to_be_visible()
    bare.get_by_label("Answer by text").fill("Please call us now.")
    bare.get_by_role("button", name="Send text").click()
    expect(bare.get_by_text("The answer goes out by text now.")).to_be_visible()
    bare.get_by_role("link", name="Refresh").click()
    expect(bare.get_by_text("Please call us now.")).to_be_visible()
    plain.close()
