"""`migrate` while somebody has a table: nobody waits behind it for long."""

import re
from collections.abc import Iterator
from io import StringIO
from threading import Event

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.management.commands import migrate
from tests.clinic_world import wait_until
from tests.faults.story import on_database
from tests.production.databases import own_database

SMALL = "contenttypes"  # two migrations, of which the second changes the first one's table
# The cluster is everybody's: other tests' transactions wait in their own databases meanwhile.
WAITS_HERE = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.fixture
def address(django_db_blocker) -> Iterator[str]:
    """Of a database with the first of them."""
    with django_db_blocker.unblock(), own_database() as url, on_database(url):
        migrated("0001")
        yield url


def migrated(*to: str) -> str:
    said = StringIO()
    call_command("migrate", SMALL, *to, stdout=said)
    return said.getvalue()


def applied() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations ORDER BY name")
        return [name[:4] for (name,) in cursor.fetchall()]


def test_it_gives_up_says_so_and_may_be_run_again(address, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0.2)
    with psycopg.connect(address) as backup:
        backup.execute("SELECT FROM django_content_type")  # and goes on reading others
        with pytest.raises(
            CommandError, match=re.escape("contenttypes.0002_remove_content_type_name changes what somebody was at work on")
        ):
            migrated()
        assert applied() == ["0001"]
    assert "0002_remove_content_type_name... OK" in migrated()
    assert applied() == ["0001", "0002"]


def test_control_otherwise_whoever_comes_later_waits_behind_it(address, at_once, monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 0)  # as PostgreSQL has it by itself
    has_it = Event()

    def migrates() -> None:
        assert has_it.wait(20)
        with on_database(address):
            migrated()

    def reads() -> None:
        with psycopg.connect(address) as backup, psycopg.connect(address, autocommit=True) as desk:
            backup.execute("SELECT FROM django_content_type")
            has_it.set()
            wait_until(lambda: desk.execute(WAITS_HERE).fetchone() is not None)
            desk.execute("SET lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                desk.execute("SELECT FROM django_content_type")

    at_once([reads, migrates])


def test_an_index_that_is_made_beside_the_work_takes_its_time(address, monkeypatch):
    seen = []
    monkeypatch.setattr(migrate.Command, "_wait_at_most", lambda self, seconds: seen.append(seconds))
    monkeypatch.setattr("django.contrib.contenttypes.migrations.0002_remove_content_type_name.Migration.atomic", False)
    migrated()
    assert seen == [0, None]


def test_afterwards_the_connection_waits_as_before(address):
    migrated()
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)
