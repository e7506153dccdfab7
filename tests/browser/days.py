"""Days to book on, counted from today: the browser tests' server goes by the real clock."""

from datetime import date, datetime, timedelta
from functools import cache

from tests.clinic_world import NEW_YORK, at


@cache
def today() -> date:
    """On the clinic's calendar, when it was first asked for: it stays so where midnight comes between two lines of a test."""
    return datetime.now(NEW_YORK).date()


def workday(number: int = 1) -> date:
    """The clinic's first, second, … weekday after today."""
    day = today()
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def on(day: date, clock: str = "13:00") -> datetime:
    """on(workday(2), "10:00"): that time on the clinic's clock."""
    return at(day.isoformat(), clock)
