"""The minimum interval between two sessions on the same skin (F19), counted in clinic-local days."""

from collections.abc import Iterable
from datetime import date, timedelta

SHORTEST_INTERVAL_DAYS = 28  # F19: four weeks; nobody goes below
LONGEST_INTERVAL_DAYS = 42  # F19: six weeks, the end of the recommended window

Days = tuple[date, date]  # a half-open span: the first day in it and the first day after it


def recovery(session_on: date, interval_days: int) -> Days:
    """The days in which the skin takes no other session: from the session's own day, `interval_days` long (F19)."""
    return session_on, session_on + timedelta(days=interval_days)


def overlaps(one: Days, other: Days) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def earliest_day(wanted_on: date, interval_days: int, recoveries: Iterable[Days]) -> date:
    """The first day from `wanted_on` whose own recovery touches none of `recoveries`, earlier or later ones."""
    day = wanted_on
    for taken in sorted(recoveries):
        if overlaps(recovery(day, interval_days), taken):
            day = taken[1]
    return day
