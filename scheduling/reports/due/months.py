"""The report month by month: who becomes due, and whether those who were due came back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection

from scheduling.domain.cadence import Stage, add_months
from scheduling.models import Treatment
from scheduling.reports.due.filters import Filters
from scheduling.reports.due.source import literal, narrowed, source
from scheduling.reports.due.today import today_at
from scheduling.reports.limits import limited_to

COMING, PAST = 6, 12

# By day: so few groups that months and prices are made of them afterwards.
BECOMING_DUE = """
SELECT s.due_on, s.treatment_id, s.stage = {booked}, count(*)
  FROM {source}
 WHERE {condition}
 GROUP BY 1, 2, 3
"""
WERE_DUE = """
SELECT s.due_on, s.came_back_on <= s.due_on, count(*)
  FROM (SELECT due_on, CASE WHEN came_back_on <= {as_of} THEN came_back_on END AS came_back_on, location_id, practitioner_id, treatment_id
          FROM scheduling_recall) s
 WHERE {condition}
 GROUP BY 1, 2
"""


@dataclass(slots=True)
class Coming:
    """Patients who become due in the month that begins on `first`, each once, as in the report's rows.

    `values` and `open_values`: currency → list prices (F21), of all of them and of those who aren't booked.
    """

    first: date
    due: int = 0
    booked: int = 0
    values: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    open_values: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def last(self) -> date:
        return _last_of(self.first)

    @property
    def open(self) -> int:
        return self.due - self.booked


@dataclass(slots=True)
class Past:
    """Sessions that were due in that month: those for which the patient came by the day, those after it, and those not yet."""

    first: date
    in_time: int = 0
    late: int = 0
    not_yet: int = 0

    @property
    def last(self) -> date:
        return _last_of(self.first)

    @property
    def due(self) -> int:
        return self.in_time + self.late + self.not_yet


@dataclass(frozen=True, slots=True)
class Months:
    """From the earliest on. The first of the coming ones is the month of the report's day, and the last of the past ones the one before.

    As of a later day, what is past is past today: what is yet to come has been neither in time nor late.
    """

    coming: Sequence[Coming]
    past: Sequence[Past]


def months(filters: Filters, *, today: date | None = None, seconds: float | None = None) -> Months:
    """Of the location, practitioner and treatment that the filters name; buckets and due dates are left aside.

    As of a past day, who came back later hadn't yet. Raises TooSlow.
    """
    today = today or today_at(filters.location)
    this, now = filters.as_of.replace(day=1), min(filters.as_of, today).replace(day=1)
    coming = {first: Coming(first) for first in (add_months(this, number) for number in range(COMING))}
    past = {first: Past(first) for first in (add_months(now, number) for number in range(-PAST, 0))}
    with limited_to(seconds or settings.PAGE_SECONDS):
        _count_coming(coming, filters, source(filters.as_of, today))
        _count_past(past, filters)
    return Months(list(coming.values()), list(past.values()))


def _count_coming(months: dict[date, Coming], filters: Filters, source: str) -> None:
    treatments = Treatment.objects.in_bulk()
    sql = BECOMING_DUE.format(source=source, booked=f"'{Stage.BOOKED.value}'", condition=_due_within(months, filters))
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for due_on, treatment, is_booked, count in cursor.fetchall():
            month, price = months[due_on.replace(day=1)], treatments[treatment]
            month.due += count
            month.values[price.currency] += count * price.list_price
            if is_booked:
                month.booked += count
            else:
                month.open_values[price.currency] += count * price.list_price


def _count_past(months: dict[date, Past], filters: Filters) -> None:
    with connection.cursor() as cursor:
        cursor.execute(WERE_DUE.format(as_of=literal(filters.as_of), condition=_due_within(months, filters)))
        for due_on, was_in_time, count in cursor.fetchall():
            month = months[due_on.replace(day=1)]
            if was_in_time is None:
                month.not_yet += count
            elif was_in_time:
                month.in_time += count
            else:
                month.late += count


def _due_within(months: Iterable[date], filters: Filters) -> str:
    firsts = list(months)
    dates = f"s.due_on BETWEEN {literal(firsts[0])} AND {literal(_last_of(firsts[-1]))}"
    return " AND ".join([dates, *narrowed(filters)])


def _last_of(first: date) -> date:
    return add_months(first, 1) - timedelta(days=1)
