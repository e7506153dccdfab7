"""Who is due, and who is late."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from scheduling.domain.cadence import Bucket, RecallKind, bucket
from scheduling.reports.limits import limited_to

# One row per patient with a fulfilled session: of her open recalls the one that is not booked yet comes first, then the earliest due.
# `booked_on` is the first coming session of that course; one that went by and was never completed brings nobody back.
MAINTENANCE_DUE = """
SELECT DISTINCT ON (r.patient_id)
       r.patient_id, p.first_name || ' ' || p.last_name, t.name, r.kind, r.last_session_on, r.due_on,
       coming.day, t.list_price, t.currency, last.location_id, last.practitioner_id
  FROM scheduling_recall r
  JOIN scheduling_patient p ON p.id = r.patient_id
  JOIN scheduling_course c ON c.id = r.course_id
  JOIN scheduling_treatment t ON t.id = c.treatment_id
  JOIN scheduling_appointment last ON last.id = r.last_session_id
  LEFT JOIN LATERAL (
       SELECT lower(a.recovery) AS day
         FROM scheduling_appointment a
        WHERE a.course_id = r.course_id AND a.status IN ('booked', 'arrived') AND lower(a.recovery) >= %(not_before)s
        ORDER BY a.during
        LIMIT 1
  ) coming ON true
 WHERE r.closed_at IS NULL
 ORDER BY r.patient_id, coming.day IS NOT NULL, r.due_on, r.id
"""


@dataclass(frozen=True, slots=True)
class Due:
    """Where a patient stands. `days_late` is 0 until the day after `due_on`; `value` is the list price of the session due (F21)."""

    patient_id: int
    patient: str
    treatment: str
    kind: RecallKind
    last_session_on: date
    due_on: date
    days_late: int
    bucket: Bucket
    booked_on: date | None
    value: Decimal
    currency: str
    location_id: int
    practitioner_id: int


def maintenance_due(as_of: date, *, today: date | None = None, seconds: float | None = None) -> list[Due]:
    """Every patient with a fulfilled session, in exactly one bucket, the latest first within the report's order of buckets.

    `as_of` is a clinic-local day: today, or a later one as a projection with what is booked now.
    It may take `seconds`, by default as long as a page may. Raises TooSlow.
    """
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(MAINTENANCE_DUE, {"not_before": min(as_of, today or timezone.localdate())})
        rows = [_due(row, as_of) for row in cursor.fetchall()]
    order = list(Bucket)
    return sorted(rows, key=lambda row: (order.index(row.bucket), row.due_on, row.patient_id))


def _due(row: tuple[Any, ...], as_of: date) -> Due:
    patient_id, patient, treatment, kind, last_session_on, due_on, booked_on, value, currency, location_id, practitioner_id = row
    booked = booked_on is not None
    return Due(
        patient_id=patient_id,
        patient=patient,
        treatment=treatment,
        kind=RecallKind(kind),
        last_session_on=last_session_on,
        due_on=due_on,
        days_late=0 if booked else max(0, (as_of - due_on).days),
        bucket=bucket(RecallKind(kind), due_on, as_of, booked=booked),
        booked_on=booked_on,
        value=value,
        currency=currency,
        location_id=location_id,
        practitioner_id=practitioner_id,
    )
