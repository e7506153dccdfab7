"""Recall → answered → booked → completed."""

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.conf import settings
from django.db import connection

from scheduling.domain.outcomes import ATTEMPTS, COUNTS_FOR_DAYS, Outcome, Way
from scheduling.domain.states import COMING, Status
from scheduling.reports.limits import limited_to
from scheduling.reports.outcomes.asked import Adds, Asked, total

K = TypeVar("K", bound=Hashable)


# `next_at` ends what a recall may claim, whatever the filters say of the next one: so a session counts once.
RECALLS = """
WITH made AS (
    SELECT r.id, r.patient_id, c.treatment_id, r.at, r.way, r.wording, (r.at AT TIME ZONE s.time_zone)::date AS day, s.time_zone,
           s.location_id, s.practitioner_id,
           CASE WHEN r.way = %(call)s THEN r.outcome <> %(no_answer)s ELSE r.answered_at IS NOT NULL END AS is_answered,
           lead(r.at) OVER (PARTITION BY r.patient_id, c.treatment_id ORDER BY r.at, r.id) AS next_at
      FROM scheduling_recallaction r
      JOIN scheduling_appointment s ON s.id = r.session_id
      JOIN scheduling_course c ON c.id = s.course_id
     WHERE r.outcome = ANY(%(attempts)s) AND r.at >= %(earliest)s AND r.taken_back_at IS NULL
), asked AS (
    SELECT * FROM made WHERE day >= %(first)s AND day < %(end)s{where}
), brought AS (
    SELECT q.id, bool_or(a.status = %(fulfilled)s) AS completed,
           sum(a.price) FILTER (WHERE a.status = %(fulfilled)s) AS won, sum(a.price) FILTER (WHERE a.status = ANY(%(coming)s)) AS expected
      FROM asked q
      JOIN scheduling_appointment a ON a.patient_id = q.patient_id AND a.booked_at >= q.at
       AND (q.next_at IS NULL OR a.booked_at < q.next_at)
       AND a.booked_at < (q.day + %(days)s + 1)::timestamp AT TIME ZONE q.time_zone
       AND a.status <> %(in_error)s
      JOIN scheduling_course c ON c.id = a.course_id AND c.treatment_id = q.treatment_id
     GROUP BY q.id
)
SELECT date_trunc('month', q.day)::date, q.way, q.wording, t.currency,
       count(*), count(*) FILTER (WHERE q.is_answered), count(b.id), count(*) FILTER (WHERE b.completed), sum(b.won), sum(b.expected)
  FROM asked q
  JOIN scheduling_treatment t ON t.id = q.treatment_id
  LEFT JOIN brought b ON b.id = q.id
 GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Won(Adds):
    """`recalls` of which so many were answered, brought a booking, and brought a session that took place.

    `value` of the sessions that took place, and `expected` of those still booked: currency → their prices, together.
    """

    recalls: int = 0
    answered: int = 0
    booked: int = 0
    completed: int = 0
    value: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Brought:
    """By the first day of a month, way and wording; each recall is in exactly one."""

    cells: dict[tuple[date, Way, str], Won]

    @property
    def total(self) -> Won:
        return total(self.cells.values(), Won())

    def by_month(self) -> dict[date, Won]:
        return self._by(lambda month, way, wording: month)

    def by_way(self) -> dict[Way, Won]:
        return self._by(lambda month, way, wording: way)

    def by_wording(self) -> dict[tuple[Way, str], Won]:
        return self._by(lambda month, way, wording: (way, wording))

    def _by(self, key: Callable[[date, Way, str], K]) -> dict[K, Won]:
        found: dict[K, Won] = {}
        for cell, won in self.cells.items():
            found[key(*cell)] = found.get(key(*cell), Won()) + won
        return found


def brought(asked: Asked, *, seconds: float | None = None) -> Brought:
    """What the recalls of these months brought. Raises TooSlow.

    A session counts for the last recall before it was booked, of the same patient for the same treatment, if it was booked within 60
    days after that; one that was booked before it for none. Location and practitioner are those of the session before the recall.
    """
    values = asked.values() | {
        "attempts": [outcome.value for outcome in ATTEMPTS],
        "call": Way.CALL.value,
        "no_answer": Outcome.NO_ANSWER.value,
        "fulfilled": Status.FULFILLED.value,
        "coming": [status.value for status in COMING],
        "in_error": Status.ENTERED_IN_ERROR.value,
        "days": COUNTS_FOR_DAYS,
    }
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(RECALLS.format(where=asked.where("made", "treatment_id")), values)
        rows = cursor.fetchall()
    cells: dict[tuple[date, Way, str], Won] = {}
    for month, way, wording, currency, recalls, answered, booked, completed, won, expected in rows:
        cell = (month, Way(way), wording)
        one = Won(recalls, answered, booked, completed, _money(currency, won), _money(currency, expected))
        cells[cell] = cells.get(cell, Won()) + one
    return Brought(cells)


def _money(currency: str, amount: Decimal | None) -> Counter[str]:
    return Counter({currency: amount} if amount else {})
