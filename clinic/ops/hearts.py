"""Which processes show life, on the database's clock: it is the only one that they share."""

from typing import NamedTuple

from django.db import connection

BEAT = """
INSERT INTO clinic_heartbeat (kind, name, at) VALUES (%s, left(%s, 255), now())
ON CONFLICT (kind, name) DO UPDATE SET at = excluded.at
"""
KEPT_DAYS = 1  # of one that was killed: for so long it is missed by its name


class Heart(NamedTuple):
    kind: str
    name: str
    seconds: float  # since its last beat


def beat(kind: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(BEAT, [kind, name])
        cursor.execute("DELETE FROM clinic_heartbeat WHERE at < now() - make_interval(days => %s)", [KEPT_DAYS])


def stop(kind: str, name: str) -> None:
    """In order: nobody is to miss it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM clinic_heartbeat WHERE kind = %s AND name = left(%s, 255)", [kind, name])


def hearts() -> list[Heart]:
    """The one that beat last first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, name, extract(epoch FROM now() - at)::float FROM clinic_heartbeat ORDER BY at DESC, id")
        return [Heart(*row) for row in cursor.fetchall()]


def silence(kind: str, among: list[Heart]) -> float | None:
    """For how many seconds none of the kind has shown life; None where none has been seen for days."""
    return next((heart.seconds for heart in among if heart.kind == kind), None)
