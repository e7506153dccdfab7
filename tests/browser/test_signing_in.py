"""Signing in with the phone, and what a page does before and after its session ends."""

import re
from base64 import b32decode
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduling.models import Patient
from tests.browser.screens import THE_NEXT_LOOK, on_every_screen
from tests.clinic.signing_in import PASSWORD, robin, shown_for
from tests.staff import group


@pytest.fixture
def her(clinic) -> User:
    user = robin()
    user.groups.add(group("Front desk"))
    return user


def give_password(page: Page) -> None:
    page.goto("/admin/board/")
    page.get_by_label("Username").fill("robin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@on_every_screen
def test_setting_up_a_phone_and_signing_in_with_it(desk, her, settings, looks_right):
    settings.SECOND_FACTOR = True
    page = desk(None)
    give_password(page)
    expect(page.get_by_role("heading", name="Set up your phone")).to_be_visible()
    page.get_by_text("It can’t see it").click()
    looks_right(page, "second-factor-set-up")
    page.get_by_label("What the app shows now").fill("nonsense")
    page.get_by_role("button", name="Set it up").click()
    looks_right(page, "second-factor-refused")

    page.get_by_text("It can’t see it").click()
    secret = b32decode(page.locator(".secret").inner_text().replace(" ", ""))
    page.get_by_label("What the app shows now").fill(shown_for(secret))
    page.get_by_role("button", name="Set it up").click()

    expect(page.locator(".recovery-codes li")).to_have_count(10)
    looks_right(page, "second-factor-codes")
    spare = page.locator(".recovery-codes li").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(re.compile("/admin/board/"))

    page = desk(None)
    give_password(page)
    expect(page.get_by_label("Six digits")).to_be_focused()
    looks_right(page, "second-factor-code")
    page.get_by_text("The phone isn’t at hand").click()
    page.get_by_label("Recovery code").fill("aaaaa-aaaaa")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("This recovery code isn’t right")).to_be_visible()
    looks_right(page, "second-factor-recovery")
    page.wait_for_timeout(1100)
    page.get_by_label("Recovery code").fill(spare)
    page.keyboard.press("Enter")
    expect(page.get_by_text("9 are left")).to_be_visible()

    page.goto("/admin/second-factor/")
    looks_right(page, "second-factor-state")
    page.get_by_role("link", name="Set up another phone").click()
    looks_right(page, "second-factor-another")


@on_every_screen
def test_a_lockout_says_when_to_try_again(desk, her, looks_right, troubles):
    page = desk(None)
    page.goto("/admin/")
    for _ in range(5):
        page.get_by_label("Username").fill("robin")
        page.get_by_label("Password").fill("not-her-password")
        page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text(re.compile(r"Too many tries\. You can try again at \d+:\d\d [AP]M"))).to_be_visible()
    looks_right(page, "locked-out")
    troubles.clear()  # a 429, as it should be


# --- idle -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def idle(settings) -> None:
    settings.IDLE_MINUTES = 15


def end_it() -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def nearly_end_it() -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(seconds=50))


@on_every_screen
def test_a_minute_before_the_end_the_page_asks_whether_somebody_is_here(desk, clinic, idle, looks_right):
    page = desk()
    page.clock.install()
    page.goto("/admin/")
    nearly_end_it()
    page.clock.run_for(14 * 60_000)
    warning = page.get_by_role("dialog", name="Are you still here?")
    expect(warning).to_be_visible()
    looks_right(page, "session-ends")

    warning.get_by_role("button", name="Stay signed in").click()

    expect(warning).to_be_hidden()
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=14)


def test_where_another_page_has_gone_on_nothing_is_asked(desk, clinic, idle):
    page = desk()
    page.clock.install()
    page.goto("/admin/")
    with page.expect_response("**/admin/session/"):
        page.clock.run_for(14 * 60_000)  # the server's clock has hardly moved

    expect(page.get_by_role("dialog")).to_have_count(0)


@on_every_screen
def test_at_the_end_the_page_covers_itself(desk, clinic, idle, looks_right):
    page = desk()
    page.clock.install()
    page.goto("/admin/scheduling/patient/")
    expect(page.get_by_role("link", name="Ana Alvarez")).to_be_visible()
    end_it()
    page.clock.run_for(15 * 60_000)

    cover = page.get_by_role("dialog", name="You have been signed out")
    expect(cover).to_be_visible()
    looks_right(page, "session-ended")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(cover).to_be_visible()
    page.locator("#session-ended").evaluate("cover => cover.close()")  # as a browser does that asks nobody
    expect(cover).to_be_visible()
    cover.get_by_role("link", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/login/\?next=/admin/scheduling/patient/$"))


def test_typing_says_that_somebody_is_here_once_a_minute(desk, clinic, idle):
    page = desk("Manager")
    told = []
    page.on("request", lambda request: told.append(request.method) if request.url.endswith("/admin/session/") else None)
    page.clock.install()
    page.goto(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")
    page.clock.run_for(61_000)
    nearly_end_it()
    with page.expect_response("**/admin/session/"):
        page.get_by_label("Notes").press_sequentially("Prefers")
    page.clock.run_for(5_000)
    page.keyboard.type(" mornings.")

    assert told == ["POST"]
    assert Session.objects.get().expire_date > timezone.now() + timedelta(minutes=14)


def signs_in_on_another_page(page, username):
    """By the cover's link, and closes that page when it has come to where this one is."""
    with page.context.expect_page() as opened:
        page.get_by_role("dialog", name="You have been signed out").get_by_role("link", name="Sign in").click()
    other = opened.value
    other.get_by_label("Username").fill(username)
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_label("Notes")).to_have_value("")
    other.close()


def test_what_was_typed_is_sent_after_signing_in_again_on_another_page(desk, clinic, idle):
    """The other sign-in has another token, too, which this page's form gets."""
    page = desk("Manager")
    page.clock.install()
    page.goto(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")
    page.get_by_label("Notes").fill("Prefers mornings.")
    end_it()
    page.clock.run_for(16 * 60_000)
    cover = page.get_by_role("dialog", name="You have been signed out")
    expect(cover.get_by_text("What you typed is still here")).to_be_visible()

    User.objects.filter(username="manager").update(password=robin().password)
    signs_in_on_another_page(page, "manager")
    page.clock.run_for(12_000)
    expect(cover).to_be_hidden(timeout=THE_NEXT_LOOK)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    assert Patient.objects.get(pk=clinic.ana.pk).notes == "Prefers mornings."


def test_what_was_typed_is_nobody_elses_who_signs_in_on_another_page(desk, her, clinic, idle):
    page = desk("Manager")
    page.clock.install()
    page.goto(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")
    page.get_by_label("Notes").fill("Prefers mornings.")
    end_it()
    page.clock.run_for(16 * 60_000)
    signs_in_on_another_page(page, "robin")

    page.clock.run_for(12_000)

    expect(page.locator("#user-tools summary").last).to_have_text("Robin", timeout=THE_NEXT_LOOK)
    expect(page.get_by_label("Notes")).to_have_value("")
    assert Patient.objects.get(pk=clinic.ana.pk).notes == ""


def test_a_form_sent_after_the_end_waits_for_the_sign_in(desk, clinic, idle):
    """The computer slept meanwhile, and the page didn't notice."""
    page = desk("Manager")
    page.clock.install()
    page.goto(f"/admin/scheduling/patient/{clinic.ana.pk}/change/")
    page.get_by_label("Notes").fill("Prefers mornings.")
    end_it()
    page.evaluate("() => { const late = Date.now() + 20 * 60_000; Date.now = () => late; }")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_role("dialog", name="You have been signed out")).to_be_visible()
    expect(page.locator("#id_notes")).to_have_value("Prefers mornings.")


@on_every_screen
def test_somebody_is_added_to_the_staff(desk, clinic, looks_right):
    group("Front desk")
    page = desk("Manager")
    User.objects.update(is_superuser=True)
    page.goto("/admin/auth/user/")
    page.get_by_role("link", name="Add user").click()
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Front desk").check()
    looks_right(page, "staff-add")
    page.get_by_label("Password:").fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".messagelist")).to_contain_text("“sam” was added successfully.")
    looks_right(page, "staff")
    page.locator("#result_list").get_by_role("link", name="sam").click()
    expect(page.get_by_label("Front desk")).to_be_checked()
    looks_right(page, "staff-change")
    page.get_by_role("link", name="Reset password").click()
    looks_right(page, "staff-password")
