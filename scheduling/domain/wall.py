"""A day on the clinic's wall clock, in minutes and in rows of a quarter of an hour: what the board is drawn on.

Whatever the day's length, 23, 24 or 25 hours, its clock has 96 quarters. One that doesn't exist takes nothing, one that comes twice
holds both.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

QUARTER = 15
DAY = 24 * 60


class Span(NamedTuple):
    """Half-open, in minutes after midnight on the wall clock."""

    start: int
    end: int

    def rounded(self) -> "Span":
        """Outwards, to whole quarters."""
        return Span(self.start // QUARTER * QUARTER, -(-self.end // QUARTER) * QUARTER)

    def within(self, frame: "Span") -> "Span | None":
        start, end = max(self.start, frame.start), min(self.end, frame.end)
        return Span(start, end) if start < end else None

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


WHOLE_DAY = Span(0, DAY)


def minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def on_wall(starts_at: datetime, ends_at: datetime, day: date, zone: ZoneInfo) -> Span | None:
    """The part of [starts_at, ends_at) that lies on `day`, as the clock there shows it."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    if start.date() > day or end.date() < day:
        return None
    first = 0 if start.date() < day else minutes(start.time())
    last = DAY if end.date() > day else minutes(end.time()) + (end.second > 0)
    if start.date() == end.date() == day and last <= first:  # the clock was set back in between
        last = min(DAY, first + -(-int((ends_at.astimezone(UTC) - starts_at.astimezone(UTC)).total_seconds()) // 60))
    return Span(first, last) if first < last else None


def skipped(day: date, zone: ZoneInfo) -> list[Span]:
    """The part of the day that its clock jumps over, most days none."""
    midnight = datetime.combine(day, time.min, zone)
    if midnight.utcoffset() == (midnight + timedelta(days=1)).utcoffset():
        return []
    missing = [minute for minute in range(0, DAY, QUARTER) if not _exists(midnight + timedelta(minutes=minute))]
    return [Span(missing[0], missing[-1] + QUARTER)] if missing else []


def _exists(at: datetime) -> bool:
    return at.astimezone(UTC).astimezone(at.tzinfo).replace(tzinfo=None) == at.replace(tzinfo=None)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of `spans`, in order."""
    left = list(spans)
    for gone in taken:
        left = [
            Span(start, end)
            for span in left
            for start, end in ((span.start, min(span.end, gone.start)), (max(span.start, gone.end), span.end))
            if start < end
        ]
    return sorted(left)


def both(ones: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """Where `ones` and `others` meet."""
    return sorted(met for one in ones for other in others if (met := one.within(other)))


def quarters(spans: Iterable[Span]) -> Iterator[int]:
    """The start of each quarter that lies in one of them as a whole."""
    for span in spans:
        yield from range(-(-span.start // QUARTER) * QUARTER, span.end - QUARTER + 1, QUARTER)


def lanes(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """For each of `spans`, sorted by their start: its lane, and how many there are side by side where it lies; (1, 1) where it is alone."""
    found: list[tuple[int, int]] = []
    group: list[int] = []  # the last minute of each lane of those that hang together
    members = 0
    for span in spans:
        if group and span.start >= max(group):
            found[-members:] = [(lane, len(group)) for lane, _of in found[-members:]]
            group, members = [], 0
        lane = next((number for number, end in enumerate(group) if end <= span.start), len(group))
        group[lane : lane + 1] = [span.end]
        found.append((lane + 1, 1))
        members += 1
    if members:
        found[-members:] = [(lane, len(group)) for lane, _of in found[-members:]]
    return found
