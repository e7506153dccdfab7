"""Days on which the clocks change: an hour is missing, or comes twice."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.quiet import MIDNIGHT, at_wall_clock

A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At the instant `at`, in UTC, clocks that come to show `shows` are set to `becomes`; both are local, without a zone."""

    at: datetime
    shows: datetime
    becomes: datetime

    @property
    def is_back(self) -> bool:
        """Then the times from `becomes` to `shows` come twice; otherwise those from `shows` to `becomes` are missing."""
        return self.becomes < self.shows

    def moved(self, clock: time) -> datetime | None:
        """What clocks show instead of a time of that day that is missing; None for one that isn't."""
        local = datetime.combine(self.shows.date(), clock)
        return local + (self.becomes - self.shows) if self.shows <= local < self.becomes else None


def change_on(day: date, zone: ZoneInfo) -> ClockChange | None:
    """How the clocks in `zone` change on that day of theirs; None on nearly every day."""
    before = at_wall_clock(day, MIDNIGHT, zone) - A_MOMENT  # a change at midnight itself belongs to the day that it begins
    after = at_wall_clock(day + timedelta(days=1), MIDNIGHT, zone) - A_MOMENT
    was, becomes = _offset(before, zone), _offset(after, zone)
    if was == becomes:
        return None
    while after - before > A_MOMENT:
        middle = before + (after - before) // A_MOMENT // 2 * A_MOMENT
        before, after = (middle, after) if _offset(middle, zone) == was else (before, middle)
    naive = after.replace(tzinfo=None)
    return ClockChange(after, naive + was, naive + becomes)


def comes_twice(local: datetime) -> bool:
    """Whether clocks show this time twice on that day. `local.fold` says which of them it is."""
    return _exists(local) and local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def is_missing(local: datetime) -> bool:
    """Whether clocks in its zone skip this time."""
    return not _exists(local)


def _exists(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None, fold=0) == local.replace(tzinfo=None, fold=0)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
