"""What must not be undone where a backup takes the place of a database that is still there: who said STOP since, and who was erased."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from clinic.backups import database
from clinic.backups.contents import Contents

STOPS = "SELECT channel, address_hash, reason, created_at FROM notifications_suppression WHERE created_at > %s"
STOP_AGAIN = """
INSERT INTO notifications_suppression (channel, address_hash, reason, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (channel, address_hash) DO NOTHING
"""
ERASED = "SELECT DISTINCT patient_id FROM clinic_trail WHERE action = 'erased' AND at > %s AND patient_id IS NOT NULL ORDER BY 1"


class Undone(NamedTuple):
    stops: list[tuple[Any, ...]] = []
    erased: list[int] = []  # their numbers


def undone_by(made_at: datetime, there: Contents) -> Undone:
    """By restoring a backup of then. Of a database of another version, as far as it knows of such things."""
    with database.session() as session:
        stops = session.execute(STOPS, [made_at]).fetchall() if "notifications_suppression" in there.rows else []
        erased = session.execute(ERASED, [made_at]).fetchall() if "clinic_trail" in there.rows else []
    return Undone(stops, [number for (number,) in erased])


def make_good(undone: Undone) -> Iterator[str]:
    """In the restored database; says what was done, and what a person has to do."""
    if undone.stops:
        with database.session() as session:
            session.cursor().executemany(STOP_AGAIN, undone.stops)
        yield f"Whoever said STOP since the backup is remembered: {len(undone.stops)}."
    if undone.erased:
        yield f"Erase again whoever was erased since the backup: patient {', '.join(map(str, undone.erased))}."
