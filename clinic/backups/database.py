"""The database that is backed up or restored: the one that DATABASE_URL names."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from clinic.backups.errors import BackupError

OTHERS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
GOING_SECONDS = 1  # PostgreSQL lists a connection that was closed for some milliseconds more


@contextmanager
def session() -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own, on which each statement is committed at once. What PostgreSQL refuses is a BackupError."""
    try:
        opened = psycopg.connect(**_parameters(), autocommit=True)
    except psycopg.OperationalError as error:
        raise BackupError(f"PostgreSQL isn't reached by DATABASE_URL: {_first_line(error)}.") from error
    with opened:
        try:
            yield opened
        except psycopg.Error as error:
            raise BackupError(f"PostgreSQL refused: {_first_line(error)}.") from error


def name() -> str:
    return str(_parameters()["dbname"])


def version(opened: psycopg.Connection[Any]) -> int:
    """The server's major version, such as 18."""
    return opened.info.server_version // 10_000


def other_connections(opened: psycopg.Connection[Any]) -> int:
    """How many there are besides it, once those that were closed just now, as this process's own, are gone."""
    deadline = time.monotonic() + GOING_SECONDS
    while (others := _listed(opened)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return others


def _listed(opened: psycopg.Connection[Any]) -> int:
    (others,) = opened.execute(OTHERS).fetchone() or (0,)
    return int(others)


def for_programs() -> tuple[str, dict[str, str]]:
    """How PostgreSQL's own programs are told where the database is: an address without the password, and the password in the environment,
    where no list of processes shows it."""
    parameters = _parameters()
    password = str(parameters.pop("password", "") or "")
    return make_conninfo(**parameters), {"PGPASSWORD": password} if password else {}


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _parameters() -> dict[str, Any]:
    """As libpq knows them: what Django adds for itself is left out."""
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return {name: value for name, value in connection.get_connection_params().items() if name in known and value not in (None, "")}
