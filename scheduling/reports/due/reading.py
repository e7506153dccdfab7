"""The report's rows and tiles."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from scheduling.domain.cadence import DUE_SOON_DAYS, Bucket, RecallKind, Stage
from scheduling.domain.recalls import bucket_of, first_not_lapsed
from scheduling.models import Treatment
from scheduling.reports.due.filters import Filters
from scheduling.reports.due.source import source
from scheduling.reports.limits import limited_to

ROWS = """
SELECT s.patient_id, p.first_name || ' ' || p.last_name, t.name, s.kind, s.stage, s.last_session_on, s.due_on, s.booked_on, s.hidden_until,
       t.list_price, t.currency, s.location_id, s.practitioner_id, s.treatment_id, s.recall_id, s.attempts, s.last_outcome, s.reached_by,
       p.phone <> '' AS has_phone
  FROM {source}
  JOIN scheduling_patient p ON p.id = s.patient_id
  JOIN scheduling_treatment t ON t.id = s.treatment_id
 WHERE {where}
"""

# Few groups of many rows: what the treatment costs is looked up afterwards.
COUNTS = """
SELECT s.stage, s.kind, s.treatment_id,
       CASE WHEN s.due_on < %(not_lapsed)s THEN 0 WHEN s.due_on < %(as_of)s THEN 1 WHEN s.due_on <= %(soon)s THEN 2 ELSE 3 END,
       count(*)
  FROM {source}
 WHERE {where}
 GROUP BY 1, 2, 3, 4
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
    hidden_until: date | None
    value: Decimal
    currency: str
    location_id: int
    practitioner_id: int
    treatment_id: int
    recall_id: int
    attempts: int
    last_outcome: str
    reached_by: str  # "", "sms", "email" or "sms,email"
    has_phone: bool  # to be called


@dataclass(frozen=True, slots=True)
class Tile:
    """A bucket in numbers. `values`: currency → list prices of the sessions due, together (F21)."""

    bucket: Bucket
    count: int
    values: dict[str, Decimal]


def maintenance_due(as_of: date, *, today: date | None = None, seconds: float | None = None) -> list[Due]:
    """Every patient with a fulfilled session, in exactly one bucket, the latest first within the report's order of buckets.

    `as_of` is a clinic-local day: today, a later one as a projection with what is booked and snoozed now, or a past one as far as the
    appointments' history tells it. It may take `seconds`, by default as long as a page may. Raises TooSlow.
    """
    filters = Filters(as_of)
    where, values = filters.where()
    sql = ROWS.format(source=source(as_of, today or timezone.localdate()), where=where)
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = [as_due(row, as_of) for row in cursor.fetchall()]
    order = list(Bucket)
    return sorted(rows, key=lambda row: (order.index(row.bucket), row.due_on, row.patient_id))


def tiles(filters: Filters, *, today: date | None = None, seconds: float | None = None) -> list[Tile]:
    """All buckets, whichever the filters name, in their order. Raises TooSlow."""
    not_lapsed, soon = first_not_lapsed(filters.as_of), filters.as_of + timedelta(days=DUE_SOON_DAYS)
    in_zone = (not_lapsed - timedelta(days=1), filters.as_of - timedelta(days=1), filters.as_of, soon + timedelta(days=1))
    where, values = filters.where()
    sql = COUNTS.format(source=source(filters.as_of, today or timezone.localdate()), where=where)
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(sql, values | {"not_lapsed": not_lapsed, "soon": soon})
        counted = cursor.fetchall()
    prices = {treatment.pk: treatment for treatment in Treatment.objects.all()}
    counts: dict[Bucket, int] = defaultdict(int)
    worth: dict[Bucket, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for stage, kind, treatment, zone, count in counted:
        bucket = bucket_of(Stage(stage), RecallKind(kind), in_zone[zone], filters.as_of)
        counts[bucket] += count
        worth[bucket][prices[treatment].currency] += count * prices[treatment].list_price
    return [Tile(bucket, counts[bucket], dict(worth[bucket])) for bucket in Bucket]


def as_due(row: tuple[Any, ...], as_of: date) -> Due:
    """Of a row of ROWS."""
    patient_id, patient, treatment, kind, stage, last_session_on, due_on, booked_on, hidden_until, value, currency, *rest = row
    return Due(
        patient_id,
        patient,
        treatment,
        RecallKind(kind),
        last_session_on,
        due_on,
        0 if booked_on else max(0, (as_of - due_on).days),
        bucket_of(Stage(stage), RecallKind(kind), due_on, as_of),
        booked_on,
        hidden_until,
        value,
        currency,
        *rest,
    )
