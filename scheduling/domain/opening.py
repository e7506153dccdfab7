"""When a place is open: its weekly hours on its own clock, without the days on which it is shut."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS_LOOKED_AT = 400  # then a place counts as shut for good


class Hours(NamedTuple):
    """From `opens_at` until `closes_at`, local time, on each `weekday`; Monday is 0."""

    weekday: int
    opens_at: time
    closes_at: time


Days = tuple[date, date]  # the first and the last


def open_spans(hours: Sequence[Hours], closures: Sequence[Days], zone: ZoneInfo, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From when until when it is open, in UTC, in order, none of them before `since`. Hours that overlap are one span."""
    first = since.astimezone(zone).date()
    reached = since
    for day in (first + timedelta(days=number) for number in range(DAYS_LOOKED_AT)):
        if any(starts_on <= day <= ends_on for starts_on, ends_on in closures):
            continue
        for opens_at, closes_at in _merged(span for span in hours if span.weekday == day.weekday()):
            opens = max(datetime.combine(day, opens_at, tzinfo=zone).astimezone(UTC), reached)
            closes = datetime.combine(day, closes_at, tzinfo=zone).astimezone(UTC)
            if opens < closes:
                yield opens, closes
                reached = closes


def after_open_time(spans: Iterable[tuple[datetime, datetime]], length: timedelta) -> datetime | None:
    """When the place has been open for `length`; None where it never is for so long."""
    left = length
    for opens, closes in spans:
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    return None


def _merged(hours: Iterable[Hours]) -> Iterator[tuple[time, time]]:
    spans = sorted((span.opens_at, span.closes_at) for span in hours)
    while spans:
        opens_at, closes_at = spans.pop(0)
        while spans and spans[0][0] <= closes_at:
            closes_at = max(closes_at, spans.pop(0)[1])
        yield opens_at, closes_at
