"""/readyz: whether we are ready, in a word for everybody and in numbers for whoever has the token; and never late."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from clinic.ops import hearts, readiness
from notifications.services import Draft, schedule
from tests.clinic_world import wait_until

TOKEN = "a-token-for-tests"


@pytest.fixture
def token(settings, monkeypatch):
    """And no hurry: a machine that stands still for a second is no frozen server."""
    settings.METRICS_TOKEN = TOKEN
    wait_at_most(10, monkeypatch)


def wait_at_most(seconds, monkeypatch):
    monkeypatch.setattr(readiness, "MOST_SECONDS", seconds)
    monkeypatch.setattr(readiness, "HANGS_AFTER_SECONDS", 2 * seconds)


def asked(**headers):
    answer = Client().get("/readyz", headers=headers)
    return answer.status_code, answer.json()


def numbers():
    status, said = asked(Authorization=f"Bearer {TOKEN}")
    return status, said["state"], {check["name"]: (check["state"], check["value"]) for check in said["checks"]}


@contextmanager
def silent_server() -> Iterator[int]:
    """As a frozen one: the system takes the connection, and nobody ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_everybody_is_told_in_a_word(transactional_db, token):
    assert asked() == (200, {"state": "ready"})
    assert asked(Authorization="Bearer another") == (200, {"state": "ready"})


def test_whoever_has_the_token_is_told_of_each_check(transactional_db, token):
    hearts.beat("beat", "beat@here")
    hearts.beat("worker", "celery@here")

    status, state, checks = numbers()

    assert (status, state) == (200, "ready")
    assert checks["migrations"] == ("ok", 0)
    assert checks["oldest_due_message"] == ("ok", 0)
    assert [checks[name][0] for name in ("database", "redis", "beat", "worker")] == ["ok"] * 4
    assert checks["beat"][1] in range(10)


def test_without_workers_it_is_degraded_and_the_pages_work(transactional_db, token):
    hearts.beat("beat", "beat@here")

    status, state, checks = numbers()

    assert (status, state) == (200, "degraded")
    assert checks["worker"] == ("degraded", None)


def test_a_message_that_is_too_late_is_told_by_its_age(transactional_db, token):
    now = timezone.now()
    schedule([Draft("late", "sms", "+12125550101", "Hello.", now - timedelta(minutes=11), now + timedelta(hours=1))], now=now)

    _status, state, checks = numbers()

    assert state == "degraded"
    assert checks["oldest_due_message"][0] == "degraded"
    assert 660 <= checks["oldest_due_message"][1] < 670


def test_with_a_migration_missing_nothing_is_sent_here(transactional_db, token, monkeypatch, caplog):
    """A new process waits until the database is as it needs it; the old ones, which know of fewer, go on."""
    monkeypatch.setattr(readiness, "_migrations", lambda: frozenset({("clinic", "0999_tomorrow")}))

    assert asked() == (503, {"state": "not ready"})
    assert numbers()[2]["migrations"] == ("failing", 1)
    assert "Migrations are missing: clinic.0999_tomorrow" in caplog.text


def test_all_migrations_are_known_by_name(db):
    from django.db.migrations.loader import MigrationLoader

    assert readiness._migrations() == set(MigrationLoader(None).disk_migrations)


def test_a_frozen_redis_is_waited_for_as_long_and_no_longer_and_the_pages_work(transactional_db, token, settings, monkeypatch):
    wait_at_most(3, monkeypatch)
    with silent_server() as port:
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        began_at = time.monotonic()
        status, state, checks = numbers()

    assert 3 <= time.monotonic() - began_at < 6  # what waits twice takes longer
    assert (status, state, checks["redis"]) == (200, "degraded", ("degraded", None))
    assert checks["database"][0] == "ok"


def test_a_frozen_postgresql_is_waited_for_a_second_and_by_no_more_than_one_thread(db, token, monkeypatch):
    wait_at_most(1, monkeypatch)
    with silent_server() as port:
        monkeypatch.setitem(connections.settings["default"], "PORT", port)
        began_at = time.monotonic()
        for _ in range(3):
            status, state, checks = numbers()
            assert (status, state, checks["database"]) == (503, "not ready", ("failing", None))
        waiting = [thread for thread in threading.enumerate() if thread.name == "readiness"]

    assert 3 <= time.monotonic() - began_at < 6
    assert len(waiting) == 1
    waiting[0].join(5)  # the connection is reset with its server


def test_where_only_the_outbox_takes_too_long_the_pages_work(transactional_db, token, monkeypatch):
    def takes_too_long():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(10)")

    hearts.beat("beat", "beat@here")
    hearts.beat("worker", "celery@here")
    monkeypatch.setattr(readiness, "backlog", takes_too_long)
    wait_at_most(3, monkeypatch)
    began_at = time.monotonic()

    status, state, checks = numbers()

    assert time.monotonic() - began_at < 6
    assert (status, state) == (200, "degraded")
    assert checks["oldest_due_message"] == ("degraded", None)
    assert [checks[name][0] for name in ("database", "migrations", "beat", "worker")] == ["ok"] * 4
    for thread in threading.enumerate():
        if thread.name == "readiness":
            thread.join(5)


def test_what_was_said_before_it_hung_soon_counts_for_nothing():
    goes_on = Event()

    def hangs():
        yield readiness.Check("database", readiness.OK, 1, "ms")
        goes_on.wait(10)

    asked = readiness.Asked(hangs)
    wait_until(asked.said)
    asked.began_at -= readiness.HANGS_AFTER_SECONDS
    assert asked.said() == []
    goes_on.set()
    assert asked.is_over.wait(5)


def test_it_asks_on_connections_of_its_own_and_leaves_none(transactional_db, token):
    def sessions():
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            return cursor.fetchone()[0]

    before = sessions()
    for _ in range(3):
        asked()

    deadline = time.monotonic() + 5
    while sessions() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    assert sessions() <= before


def test_it_is_answered_under_any_name_and_without_https(transactional_db, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/readyz", headers={"Host": "10.0.0.7:8000"}).status_code == 200
