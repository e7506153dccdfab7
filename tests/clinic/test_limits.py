"""Nobody asks too often for what is open without a sign-in: with Redis, without it, and with one that hangs."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client
from limits import parse

from clinic import limits
from clinic import settings as written
from clinic.limits import Counter, _concerns
from tests.callbacks import post, reply
from tests.clinic.matrix import PEOPLE, pages

UNKNOWN, INBOUND = "/calendar/unknown.ics", "/webhooks/twilio/inbound/"
THREE = parse("3/minute")


@pytest.fixture
def counting(settings: Any) -> Iterator[Any]:
    """An empty Redis, and a counter that has never failed. Yields the settings."""
    with redis.Redis.from_url(settings.REDIS_URL) as here:
        here.flushdb()
        limits.counter.cache_clear()
        yield settings
        here.flushdb()
    limits.counter.cache_clear()


@pytest.fixture
def limited(counting: Any, db: None) -> Any:
    counting.RATE_LIMITS = {"/calendar/": "3/minute", "POST /admin/login/": "2/minute", "/emails/": "1/minute"}
    counting.REFUSAL_LIMITS = {"/webhooks/": "3/minute"}
    return counting


def asked(times: int, path: str = UNKNOWN, **environ: str) -> list[int]:
    return [Client(**environ).get(path).status_code for _ in range(times)]


def test_the_fourth_within_a_minute_is_told_when_to_come_back(limited):
    assert asked(4) == [404, 404, 404, 429]
    answer = Client().get(UNKNOWN)
    wait = int(answer["Retry-After"])
    assert 1 <= wait <= 60
    assert answer.content.decode() in (
        f"Too much was asked for from your address within a short time. Wait {n} seconds, then try again.\n" for n in (wait, wait + 1)
    )
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["Content-Security-Policy"]


def test_control_without_a_limit_nobody_is_stopped(limited):
    limited.RATE_LIMITS = {}
    assert asked(4) == [404] * 4


def test_another_address_isnt_held_up_and_another_of_the_same_customer_is(limited):
    assert asked(4, REMOTE_ADDR="198.51.100.7")[-1] == 429
    assert asked(1, REMOTE_ADDR="198.51.100.8") == [404]
    assert asked(4, REMOTE_ADDR="2001:db8::1")[-1] == 429
    assert asked(1, REMOTE_ADDR="2001:db8::ffff") == [429]
    assert asked(1, REMOTE_ADDR="2001:db8:0:1::1") == [404]


def test_a_forged_header_makes_nobody_somebody_else(limited):
    limited.TRUSTED_PROXIES = 1
    forged = [asked(1, HTTP_X_FORWARDED_FOR=f"192.0.2.{n}, 198.51.100.7")[0] for n in range(4)]
    assert forged == [404, 404, 404, 429]


def test_whoever_waits_is_let_in_again_and_what_was_refused_didnt_count(limited):
    limited.RATE_LIMITS = {"/calendar/": "2/5 seconds"}  # on a slow machine six don't fit into one
    assert asked(6) == [404, 404, 429, 429, 429, 429]
    time.sleep(5.05)
    assert asked(2) == [404, 404]


def test_signing_in_is_limited_and_looking_at_the_page_isnt(limited):
    typed = {"username": "frontdesk", "password": "wrong"}
    answers = [Client().post("/admin/login/", typed) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    page = answers[-1].content.decode()
    assert "That was too often" in page
    assert 'href="/admin/login/">Try again</a>' in page
    assert Client().get("/admin/login/").status_code == 200


def test_a_patient_reads_it_in_both_languages(limited):
    assert asked(1, "/emails/unknown/") == [404]
    page = Client().get("/emails/unknown/").content.decode()
    assert "Please try again in a minute" in page
    assert "Inténtelo de nuevo en un minuto" in page


def test_what_is_signed_is_never_too_often(limited, twilio):
    """Whoever guesses from the provider's own address doesn't shut it out."""
    assert [post(INBOUND, {"Body": "hello"}, signed="wrong").status_code for _ in range(5)] == [403, 403, 403, 429, 429]
    assert [reply("hello").status_code for _ in range(5)] == [200] * 5


def test_processes_count_together_by_redis(counting):
    one, other = Counter(counting.REDIS_URL), Counter(counting.REDIS_URL)
    waits = [counter.seconds_to_wait(THREE, "ana") for counter in (one, other, one, other)]
    assert [bool(wait) for wait in waits] == [False, False, False, True]


def test_without_redis_each_counts_for_itself_and_says_so_once(counting, caplog):
    one, other = Counter("redis://127.0.0.1:9/0"), Counter("redis://127.0.0.1:9/0")
    assert [bool(one.seconds_to_wait(THREE, "ana")) for _ in range(5)] == [False, False, False, True, True]
    assert other.seconds_to_wait(THREE, "ana") == 0
    assert [record.getMessage() for record in caplog.records] == ["Redis can't be reached; this process limits requests by itself."] * 2


def test_pages_without_redis_are_there_and_limited(limited):
    limited.REDIS_URL = "redis://127.0.0.1:9/0"
    limits.counter.cache_clear()
    assert asked(4) == [404, 404, 404, 429]


def test_a_redis_that_hangs_holds_up_the_first_page_for_a_moment_and_no_other(counting):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        counter = Counter(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        took = []
        for _ in range(4):
            began = time.monotonic()
            counter.seconds_to_wait(THREE, "ana")
            took.append(time.monotonic() - began)
    assert took[0] < 4
    assert max(took[1:]) < limits.SOCKET_SECONDS  # each would wait for as long


def test_once_redis_is_back_it_counts_again(counting, monkeypatch):
    monkeypatch.setattr(limits, "LEFT_ALONE_SECONDS", 0)
    counter, away = Counter(counting.REDIS_URL), Counter("redis://127.0.0.1:9/0")
    together, counter._together = counter._together, away._together
    assert counter.seconds_to_wait(THREE, "ana") == 0
    counter._together = together
    assert [bool(counter.seconds_to_wait(THREE, "ana")) for _ in range(4)] == [False, False, False, True]


def test_everything_open_has_its_limit():
    """By the matrix: what answers somebody who isn't signed in with more than the way to the sign-in."""
    limit = {**written.RATE_LIMITS, **written.REFUSAL_LIMITS}
    anybody = PEOPLE.index("nobody")
    opened = {address for _method, address, codes in pages() if codes[anybody] != 302 and not address.startswith("/demo/")}
    assert {address for address in opened if not any(address.startswith(what.rpartition(" ")[2]) for what in limit)} == set()


def test_each_limit_can_be_read():
    for most in (*written.RATE_LIMITS.values(), *written.REFUSAL_LIMITS.values()):
        assert parse(most).amount > 0


def test_a_limit_of_one_method_doesnt_concern_another(rf):
    assert _concerns("POST /admin/login/", rf.post("/admin/login/"))
    assert not _concerns("POST /admin/login/", rf.get("/admin/login/"))
    assert _concerns("/admin/login/", rf.get("/admin/login/"))
    assert not _concerns("/calendar/", rf.get("/admin/login/"))
