"""How well sessions, intervals and maintenance are kept, by location and practitioner."""

from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from scheduling.domain.cadence import RecallKind
from scheduling.domain.states import Status
from scheduling.reports.limits import limited_to
from scheduling.reports.outcomes.asked import Adds, Asked, Cell

MAINTENANCE_GRACE_DAYS = 30

SESSIONS = """
SELECT a.location_id, a.practitioner_id, count(*),
       count(*) FILTER (WHERE a.status = %(noshow)s), count(*) FILTER (WHERE a.status = %(cancelled)s)
  FROM scheduling_appointment a{course}
 WHERE a.during && tstzrange(%(earliest)s, %(latest)s) AND a.status = ANY(%(settled)s) AND lower(a.during) < %(now)s
   AND (lower(a.during) AT TIME ZONE a.time_zone)::date >= %(first)s AND (lower(a.during) AT TIME ZONE a.time_zone)::date < %(end)s{where}
 GROUP BY 1, 2
"""
COURSE = " JOIN scheduling_course c ON c.id = a.course_id"

# The window ends with the day on which the next session is due (F19), and never begins before the skin allows it.
DUE = """
SELECT r.location_id, r.practitioner_id, r.kind, count(*),
       count(*) FILTER (WHERE r.came_back_on <= r.due_on + w.grace), count(*) FILTER (WHERE r.came_back_on > r.due_on + w.grace)
  FROM scheduling_recall r
  JOIN scheduling_location l ON l.id = r.location_id
 CROSS JOIN LATERAL (SELECT CASE WHEN r.kind = %(maintenance)s THEN %(grace)s ELSE 0 END AS grace) w
 WHERE r.due_on >= %(first)s AND r.due_on < %(end)s AND r.due_on + w.grace < (%(now)s AT TIME ZONE l.time_zone)::date{where}
 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Kept(Adds):
    """`sessions` are over, whether they took place or not. `next_due`, `maintenance_due`: whose time to come back is over.

    `in_window` came back within the recommended window (F19), `late` after it; `maintained` by 30 days after the due date (F20).
    """

    sessions: int = 0
    no_shows: int = 0
    cancelled: int = 0
    next_due: int = 0
    in_window: int = 0
    late: int = 0
    maintenance_due: int = 0
    maintained: int = 0


def kept(asked: Asked, *, seconds: float | None = None) -> dict[Cell, Kept]:
    """Raises TooSlow."""
    values = asked.values() | {
        "noshow": Status.NOSHOW.value,
        "cancelled": Status.CANCELLED.value,
        "settled": [Status.FULFILLED.value, Status.NOSHOW.value, Status.CANCELLED.value],
        "maintenance": RecallKind.MAINTENANCE.value,
        "grace": MAINTENANCE_GRACE_DAYS,
    }
    found: dict[Cell, Kept] = defaultdict(Kept)
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        course = COURSE if asked.treatment is not None else ""
        cursor.execute(SESSIONS.format(course=course, where=asked.where("a", "c.treatment_id")), values)
        for location, practitioner, sessions, no_shows, cancelled in cursor.fetchall():
            found[location, practitioner] += Kept(sessions, no_shows, cancelled)
        cursor.execute(DUE.format(where=asked.where("r", "r.treatment_id")), values)
        for location, practitioner, kind, due, in_time, late in cursor.fetchall():
            is_next = kind == RecallKind.NEXT_SESSION
            found[location, practitioner] += (
                Kept(next_due=due, in_window=in_time, late=late) if is_next else Kept(maintenance_due=due, maintained=in_time)
            )
    return dict(found)
