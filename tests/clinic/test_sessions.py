"""A session lasts while somebody is there, and never longer than a day's work. What a page asks for by itself isn't somebody."""

import os
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from clinic import settings as production
from tests.clinic.signing_in import PASSWORD, give_password, robin
from tests.clock import freeze_time
from tests.processes import run

NOW = timezone.make_aware(timezone.datetime(2026, 11, 3, 8, 0))
POLL = {"X-Poll": "1"}
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def clock(settings, db):
    settings.IDLE_MINUTES = 15
    settings.LONGEST_SESSION_HOURS = production.LONGEST_SESSION_HOURS
    with freeze_time(NOW) as clock:
        yield clock


@pytest.fixture
def her() -> User:
    return robin(is_superuser=True)


@pytest.fixture
def browser(her) -> Client:
    client = Client()
    give_password(client)
    return client


def is_in(client: Client, **headers) -> bool:
    return client.get("/admin/board/", headers=headers).status_code == 200


def test_fifteen_idle_minutes_end_it(browser, clock):
    for _ in range(3):
        clock.tick(timedelta(minutes=14, seconds=50))
        assert is_in(browser)

    clock.tick(timedelta(minutes=15, seconds=1))
    answer = browser.get("/admin/inbox/?show=all")
    assert answer["Location"] == "/admin/login/?next=/admin/inbox/%3Fshow%3Dall"
    assert give_password(browser, next="/admin/inbox/?show=all")["Location"] == "/admin/inbox/?show=all"


def test_what_a_page_asks_for_by_itself_keeps_nobody_signed_in(browser, clock):
    for _ in range(14):
        clock.tick(MINUTE)
        assert is_in(browser, **POLL)
        assert browser.get("/admin/inbox/?part=inbox-list", headers=POLL | {"HX-Request": "true"}).status_code in (200, 204)
        assert browser.get("/admin/session/", headers=POLL).status_code == 200

    clock.tick(timedelta(minutes=1, seconds=1))
    assert not is_in(browser, **POLL)


def test_a_word_that_somebody_is_here_does(browser, clock):
    clock.tick(14 * MINUTE)
    assert browser.get("/admin/session/", headers=POLL).json()["seconds"] == 60
    assert browser.post("/admin/session/", headers=POLL).json()["seconds"] == 900
    clock.tick(14 * MINUTE)

    assert is_in(browser)


def test_after_the_end_that_word_comes_too_late(browser, clock):
    clock.tick(timedelta(minutes=15, seconds=1))

    assert browser.post("/admin/session/", headers=POLL)["Location"].startswith("/admin/login/")
    assert not is_in(browser)


def test_twelve_hours_end_it_whoever_is_there(browser, clock):
    for _ in range(71):
        clock.tick(10 * MINUTE)
        assert is_in(browser)
    clock.tick(9 * MINUTE)
    assert browser.post("/admin/session/").json()["seconds"] == 60

    clock.tick(timedelta(minutes=1, seconds=1))
    assert not is_in(browser)


def test_saying_that_somebody_is_here_writes_over_nothing(browser, clock):
    """Two requests at once: the slower one has read the session before the other wrote into it."""
    clock.tick(MINUTE)
    slow = browser.session
    assert slow["signed_in_at"]
    quick = browser.session
    quick["said"] = "Booked: Ana Alvarez"
    quick.save()

    slow.renew()

    assert browser.session["said"] == "Booked: Ana Alvarez"
    slow.save()  # as Django would: it has never heard of it
    assert "said" not in browser.session


def test_it_is_written_down_once_for_a_page_and_its_parts(browser, clock):
    clock.tick(MINUTE)
    assert is_in(browser)
    written = Session.objects.get().expire_date
    clock.tick(timedelta(seconds=9))
    assert is_in(browser)

    assert Session.objects.get().expire_date == written == NOW + 16 * MINUTE


def test_a_page_hears_who_is_signed_in(browser, her):
    """It was somebody else's, if another than whom it was made for."""
    assert browser.get("/admin/session/").json()["who"] == her.pk
    assert f'data-who="{her.pk}"' in browser.get("/admin/").content.decode()


SENDS = {
    "DEBUG": "true",
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0",
    "TWILIO_AUTH_TOKEN": "none",
    "TWILIO_FROM_NUMBER": "+12125550199",
}


@pytest.mark.parametrize(("environment", "minutes"), [(SENDS, 15), ({"DEBUG": "true", "SMS_BACKEND": "demo"}, 0)])
def test_only_the_demo_knows_no_idle_end(environment, minutes):
    code = "from clinic import settings; print(settings.IDLE_MINUTES, settings.SECOND_FACTOR, settings.SESSION_EXPIRE_AT_BROWSER_CLOSE)"

    said = run("-c", code, env=os.environ | environment)

    assert said.stdout.split() == [str(minutes), str(minutes > 0), str(minutes > 0)], said.stderr


def test_in_the_demo_it_lasts_for_the_day(settings, her, clock):
    settings.IDLE_MINUTES = 0
    client = Client()
    give_password(client)
    clock.tick(timedelta(hours=11, minutes=59))

    assert is_in(client)
    assert client.get("/admin/session/").json()["seconds"] is None


def test_the_cookie_goes_with_the_browser_and_no_script_reads_it(settings, her):
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # outside development
    client = Client()
    give_password(client)

    cookie = client.cookies["sessionid"]
    assert (cookie["expires"], cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("", "", True, "Lax")


def test_a_new_password_ends_all_other_sessions(browser):
    elsewhere = Client()
    give_password(elsewhere)
    new = {"old_password": PASSWORD, "new_password1": "copper-lantern-44", "new_password2": "copper-lantern-44"}

    assert browser.post("/admin/password_change/", new).status_code == 302

    assert is_in(browser)
    assert not is_in(elsewhere)


def test_signing_out_ends_this_one_and_nothing_is_left_of_it(browser):
    elsewhere = Client()
    give_password(elsewhere)
    overheard = browser.cookies["sessionid"].value
    browser.post("/admin/logout/")

    assert is_in(elsewhere)
    thief = Client()
    thief.cookies["sessionid"] = overheard
    assert not is_in(thief)
    assert Session.objects.count() == 1


def test_whoever_is_made_inactive_is_out_at_once(browser, her):
    her.is_active = False
    her.save()

    assert not is_in(browser)

    her.is_active = True
    her.save()
    assert not is_in(browser)  # she gives her password again


def test_a_session_from_before_the_sign_in_lets_nobody_in(her):
    """Somebody who has put his own cookie into her browser."""
    his = Client()
    his.get("/admin/login/")
    session = his.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    hers = Client()
    hers.cookies["sessionid"] = planted
    give_password(hers)

    thief = Client()
    thief.cookies["sessionid"] = planted
    assert hers.session.session_key != planted
    assert not is_in(thief)
