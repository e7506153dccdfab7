"""The hours of a patient's night in which nothing routine is sent."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
AROUND = timedelta(days=3)

Night = tuple[datetime, datetime]


class QuietHours(NamedTuple):
    """Local clock times, from inclusive, until exclusive; they may run past midnight. The same time twice is none at all.

    They are one stretch of time also where the clocks change: from when a clock first shows `starts`, or skips it, until one last shows
    `ends`, or skips it. Where a change leaves nothing between two nights, they are one.
    """

    starts: time
    ends: time

    def covers(self, local: datetime) -> bool:
        zone = local.tzinfo
        if not isinstance(zone, ZoneInfo):
            raise TypeError("quiet hours are read on a clock of a time zone, on which it may change")
        if _is_steady(local):
            return self._shows(local.time())
        return any(begins_at <= local < ends_at for begins_at, ends_at in self._nights(local.astimezone(UTC), zone))

    def started_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the quiet hours that `at` falls into began, in UTC."""
        local = at.astimezone(zone)
        if _is_steady(local) and self._shows(local.time()):
            return at_wall_clock(local.date() if local.time() >= self.starts else local.date() - DAY, self.starts, zone)
        started_at = at.astimezone(UTC)
        while earlier := [begins_at for begins_at, ends_at in self._nights(started_at, zone) if begins_at < started_at <= ends_at]:
            started_at = min(earlier)
        return started_at

    def end_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the quiet hours that `at` falls into end, in UTC."""
        local = at.astimezone(zone)
        if _is_steady(local) and self._shows(local.time()):
            return at_wall_clock(local.date() if local.time() < self.ends else local.date() + DAY, self.ends, zone)
        end_at = at.astimezone(UTC)
        while later := [ends_at for begins_at, ends_at in self._nights(end_at, zone) if begins_at <= end_at < ends_at]:
            end_at = max(later)
        return end_at

    def until(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """When what is due `at` may go, in UTC; None outside the quiet hours: at once."""
        end_at = self.end_at(at, zone)
        return end_at if end_at > at else None

    def _shows(self, clock: time) -> bool:
        """Whether a clock that isn't changed these days says so."""
        if self.starts <= self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends

    def _nights(self, at: datetime, zone: ZoneInfo) -> Iterator[Night]:
        """Those that begin the day before, the same day and the day after: `at` can be in no other."""
        if self.starts == self.ends:
            return
        runs_over = timedelta() if self.starts < self.ends else DAY
        today = at.astimezone(zone).date()
        for day in (today - DAY, today, today + DAY):
            yield _reached_at(day, self.starts, zone, last=False), _reached_at(day + runs_over, self.ends, zone, last=True)


def _is_steady(local: datetime) -> bool:
    """No change of its clock is near: then the clock alone says all, at a tenth of the cost."""
    return (local - AROUND).utcoffset() == local.utcoffset() == (local + AROUND).utcoffset()


def at_wall_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show `clock` on `day`.

    A time that the spring change skips moves forward by the change; one that the autumn change repeats is taken the first time.
    """
    wall = datetime.combine(day, clock, tzinfo=zone)
    return wall.astimezone(UTC)


@lru_cache(maxsize=1024)  # a plan asks for the same few nights again and again
def _reached_at(day: date, clock: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """When clocks in `zone` show `clock` on `day`, the first or the `last` time; where they skip it, the instant of the change."""
    wall = datetime.combine(day, clock, tzinfo=zone)
    by_old, by_new = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if by_old <= by_new:
        return by_new if last else by_old
    before, after = by_new.replace(microsecond=0), by_old.replace(microsecond=0) + SECOND
    offset = before.astimezone(zone).utcoffset()
    while after - before > SECOND:  # the clocks change on a full second
        middle = before + (after - before) // SECOND // 2 * SECOND
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after
