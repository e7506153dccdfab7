"""The hours of a patient's night in which nothing routine is sent."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

MIDNIGHT = time(0)


class QuietHours(NamedTuple):
    """Local clock times, from inclusive, until exclusive; they may run past midnight."""

    starts: time
    ends: time

    def covers(self, local: datetime) -> bool:
        clock = local.time()
        if self.starts <= self.ends:
            return self.starts <= clock < self.ends
        return clock >= self.starts or clock < self.ends

    def started_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the quiet hours that `at` falls into began."""
        local = at.astimezone(zone)
        day = local.date() if local.time() >= self.starts else local.date() - timedelta(days=1)
        return at_wall_clock(day, self.starts, zone)

    def end_at(self, at: datetime, zone: ZoneInfo) -> datetime:
        """When the quiet hours that `at` falls into end."""
        local = at.astimezone(zone)
        day = local.date() if local.time() < self.ends else local.date() + timedelta(days=1)
        return at_wall_clock(day, self.ends, zone)


def at_wall_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show `clock` on `day`.

    A time that the spring change skips moves forward by the change; one that the autumn change repeats is taken the first time.
    """
    wall = datetime.combine(day, clock, tzinfo=zone)
    return wall.astimezone(UTC)
