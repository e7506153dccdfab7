"""What must not be undone where a backup takes the place of a database that is still there: who said STOP since, and who was erased."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import sql

from aftercare.services import renew_reach_at
from clinic.backups import database
from clinic.backups.checking import missing_migrations
from clinic.backups.contents import STOPS, Contents

# All that there are, whenever they came: what was committed just after the backup's snapshot may be stamped before it.
STOPPED = "SELECT channel, address_hash, reason, created_at FROM notifications_suppression"
STOP_AGAIN = """
INSERT INTO public.notifications_suppression (channel, address_hash, reason, created_at) VALUES {}
ON CONFLICT (channel, address_hash) DO NOTHING;
"""
ERASED = """
SELECT DISTINCT patient_id FROM clinic_trail
 WHERE action = 'erased' AND at > %s - interval '1 hour' AND patient_id IS NOT NULL ORDER BY 1
"""
# Numbers later than the backup's aren't there any more, and are given to others.
BROUGHT_BACK = "SELECT id FROM scheduling_patient WHERE id = ANY(%s) AND erased_at IS NULL ORDER BY 1"


class Undone(NamedTuple):
    stops: list[tuple[Any, ...]] = []
    erased: list[int] = []  # their numbers; of the last hour before the backup, too


def undone_by(made_at: datetime, there: Contents) -> Undone:
    """By restoring a backup of then. Of a database of another version, as far as it knows of such things."""
    with database.session() as session:
        stops = session.execute(STOPPED).fetchall() if STOPS in there.rows else []
        erased = session.execute(ERASED, [made_at]).fetchall() if "clinic_trail" in there.rows else []
    return Undone(stops, [number for (number,) in erased])


def remembering(undone: Undone, was: Contents) -> str:
    """The SQL for it, in the transaction that restores: whatever ends afterwards, nobody who said STOP is forgotten."""
    if not undone.stops or STOPS not in was.rows:
        return ""
    rows = (sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, stop))) for stop in undone.stops)
    return sql.SQL(STOP_AGAIN).format(sql.SQL(", ").join(rows)).as_string()


def make_good(undone: Undone, was: Contents, now: Contents) -> Iterator[str]:
    """In the restored database; says what was done, and what a person has to do."""
    if (more := now.rows.get(STOPS, 0) - was.rows.get(STOPS, 0)) > 0:
        if not missing_migrations():
            renew_reach_at({(channel, hashed) for channel, hashed, *_ in undone.stops})
        yield f"Whoever said STOP since the backup is remembered: {more}."
    if undone.erased:
        with database.session() as session:
            back = [str(number) for (number,) in session.execute(BROUGHT_BACK, [undone.erased])]
        if back:
            yield f"Erase again whoever was erased since the backup: patient {', '.join(back)}."
