"""How far a place's clock is from UTC, and when that changes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offset:
    """From `starts_at` until `ends_at` the clock shows UTC plus `distance`."""

    starts_at: datetime
    ends_at: datetime
    distance: timedelta


def offsets(zone: ZoneInfo, starts_at: datetime, ends_at: datetime) -> list[Offset]:
    """The span cut where the clock is put forward or back: one piece for most spans, three for most years. To the second."""
    pieces, since, at = [], starts_at, starts_at
    while at < ends_at:
        following = min(at + DAY, ends_at)
        if _distance(zone, following) != _distance(zone, at):
            changes_at = _change(zone, at, following)
            pieces.append(Offset(since, changes_at, _distance(zone, at)))
            since = changes_at
        at = following
    return [*pieces, Offset(since, ends_at, _distance(zone, ends_at))]


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second that is as far from UTC as `after` is."""
    while (seconds := int((after - before).total_seconds())) > 1:
        middle = before + timedelta(seconds=seconds // 2)
        if _distance(zone, middle) == _distance(zone, after):
            after = middle
        else:
            before = middle
    return after


def _distance(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
