"""Days to book on, counted from today: the browser tests' server goes by the real clock."""

from datetime import date, datetime, timedelta

from tests.clinic_world import NEW_YORK, at


def workday(number: int = 1) -> date:
    """The clinic's first, second, … weekday after today, on its calendar."""
    day = datetime.now(NEW_YORK).date()
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day


def on(day: date, clock: str = "13:00") -> datetime:
    """on(workday(2), "10:00"): that time on the clinic's clock."""
    return at(day.isoformat(), clock)
