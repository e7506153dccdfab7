"""Where the report reads. For today that is the table of standings; for a later day the same, as seen from today.

For a past day the same columns are worked out from the history, as far as the appointments tell it: who was booked on that day and for
when, and what had been done by then. Not who was snoozed, had declined, or could be reached.
"""

from datetime import date

from scheduling.domain.cadence import Stage
from scheduling.domain.recalls import RANKS, Range, ranges

STANDINGS = "scheduling_standing"

# Seen from today, whoever is booked for a day before the one that is asked for is booked still.
LATER = """(
SELECT patient_id, recall_id, kind, treatment_id, location_id, practitioner_id, last_session_on, due_on,
       CASE WHEN went_by >= {today} THEN 'booked' ELSE stage END AS stage,
       CASE WHEN went_by >= {today} THEN went_by ELSE booked_on END AS booked_on, hidden_until, reached_by, attempts, last_outcome,
       sort_name, stands_from, stands_until
  FROM scheduling_standing
)"""

# A session that took place was booked until its day; one that was called off, until somebody said so.
THEN = """(
SELECT DISTINCT ON (r.patient_id)
       r.patient_id, r.id AS recall_id, r.kind, r.treatment_id, r.location_id, r.practitioner_id, r.last_session_on, r.due_on, r.stage,
       r.booked_on, NULL::date AS went_by, NULL::date AS hidden_until, p.reached_by, 0 AS attempts, '' AS last_outcome,
       lower(p.last_name || ' ' || p.first_name) AS sort_name, '-infinity'::date AS stands_from, 'infinity'::date AS stands_until
  FROM (SELECT r.*, coming.day AS booked_on, CASE WHEN coming.day IS NULL THEN 'open' ELSE 'booked' END AS stage
          FROM scheduling_recall r
          LEFT JOIN LATERAL (
               SELECT min(lower(a.recovery)) AS day
                 FROM scheduling_appointment a
                 JOIN scheduling_course c ON c.id = a.course_id
                WHERE a.patient_id = r.patient_id AND c.treatment_id = r.treatment_id AND a.id <> r.last_session_id
                  AND lower(a.recovery) >= {day} AND (a.booked_at AT TIME ZONE a.time_zone)::date <= {day}
                  AND (a.status IN ('booked', 'arrived', 'fulfilled')
                       OR a.status IN ('cancelled', 'noshow') AND (a.status_at AT TIME ZONE a.time_zone)::date > {day})
          ) coming ON true
         WHERE r.last_session_on <= {day} AND (r.came_back_on IS NULL OR r.came_back_on > {day})
       ) r
  JOIN scheduling_patient p ON p.id = r.patient_id
 ORDER BY r.patient_id, {rank}, r.due_on, r.last_session_id
)"""


def source(as_of: date, today: date) -> str:
    """What stands behind FROM, as `s`."""
    if as_of == today:
        return f"{STANDINGS} s"
    if as_of > today:
        return f"{LATER.format(today=_literal(today))} s"
    whens = " ".join(f"WHEN {_is_in('r', one, stage)} THEN {RANKS[one.bucket]}" for one in ranges(as_of) for stage in one.stages)
    return f"{THEN.format(day=_literal(as_of), rank=f'CASE {whens} END')} s"


def _is_in(alias: str, one: Range, stage: Stage) -> str:
    said = [f"{alias}.stage = '{stage.value}'", f"{alias}.due_on BETWEEN {_literal(one.first)} AND {_literal(one.last)}"]
    if one.kind:
        said.append(f"{alias}.kind = '{one.kind.value}'")
    return " AND ".join(said)


def _literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
