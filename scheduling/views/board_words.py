"""Times and days as the board says them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache

from django.utils.formats import date_format, time_format

from scheduling.domain.wall import DAY


@lru_cache(maxsize=DAY)
def clock(minute: int) -> str:
    """“10:15 AM”."""
    return time_format(time(minute // 60 % 24, minute % 60), "g:i A")


@lru_cache(maxsize=DAY)
def short(minute: int) -> str:
    """“10 AM”, “10:15 AM”."""
    return clock(minute).replace(":00", "")


def clocks(starts_at: datetime, ends_at: datetime) -> str:
    """“9:00 – 10:00 AM”; with the zone's name where the clock shows one of them twice that day."""
    start, end = (clock(at.hour * 60 + at.minute) for at in (starts_at, ends_at))
    if any(at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset() for at in (starts_at, ends_at)):
        return f"{start} {starts_at:%Z} – {end} {ends_at:%Z}"
    return f"{start.removesuffix(end[-3:])} – {end}"


def heading(days: Sequence[date], now: datetime) -> str:
    first, last = days[0], days[-1]
    if first == last:
        return date_format(first, "l, F j" if first.year == now.year else "l, F j, Y")
    end = date_format(last, "j, Y" if first.month == last.month else "F j, Y")
    start = date_format(first, "F j" if first.year == last.year else "F j, Y")
    return f"{start} – {end}"
