"""The weeks after a session, worked out from everything that a plan tells: what happens when, and where in it a moment lies."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from math import ceil
from zoneinfo import ZoneInfo

from aftercare.domain.expansion import Planned
from aftercare.domain.protocol import Kind, Step
from scheduling.domain.interval import LONGEST_INTERVAL_DAYS, SHORTEST_INTERVAL_DAYS

HOUR, WEEK = timedelta(hours=1), 7  # days
USUAL_INTERVAL = (SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS)  # F19
COUNTED_IN_HOURS = 48 * HOUR  # doses at a distance of hours that go on for longer are a matter of days
COUNTED_IN_WEEKS = 13  # days: what comes once, so long after, or a day beside a whole number of weeks, goes by its week


class What(StrEnum):
    SESSION = "session"
    DOSE_EVERY = "dose_every"  # so many hours
    DOSES_A_DAY = "doses_a_day"  # so many
    EDUCATION = "education"
    CHECK_IN = "check_in"
    RESULTS = "results"
    NEXT_SESSION = "next_session"


@dataclass(frozen=True, slots=True)
class Event:
    what: What
    number: int = 0


@dataclass(frozen=True, slots=True)
class Label:
    """Day 4, weeks 4 to 6, or the first 24 hours, which end with the `last`."""

    unit: str  # day, week or hours
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A stretch of local days, both included, and what happens in it. `first` and `last` count from the session's day, which is 0."""

    label: Label
    first: int
    last: int
    starts_on: date
    ends_on: date
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Weeks:
    """`here` is the index of the stop that a message belongs to; those before it, and those that are over by then, are `past`."""

    completed_at: datetime
    zone: ZoneInfo
    stops: tuple[Stop, ...]
    here: int | None = None
    past: frozenset[int] = frozenset()

    def at(self, moment: datetime) -> "Weeks":
        """As they look at that moment: of several stops that it lies in, she is at the shortest; between two, at the one before."""
        day = _day(moment, self.completed_at, self.zone)
        inside = [index for index, stop in enumerate(self.stops) if self._holds(stop, moment, day)]
        before = [index for index, stop in enumerate(self.stops) if stop.first <= day]
        here = min(inside, key=lambda index: self.stops[index].last - self.stops[index].first, default=before[-1] if before else None)
        over = {index for index, stop in enumerate(self.stops) if self._is_over(stop, moment, day)}
        past = frozenset({*over, *range(here or 0)} - {here})
        return replace(self, here=here, past=past)

    def _holds(self, stop: Stop, moment: datetime, day: int) -> bool:
        if stop.label.unit == "hours":
            return self.completed_at < moment <= self._end_of(stop)
        return 0 < stop.first <= day <= stop.last

    def _is_over(self, stop: Stop, moment: datetime, day: int) -> bool:
        return moment > self._end_of(stop) if stop.label.unit == "hours" else stop.last < day or stop.last == 0

    def _end_of(self, stop: Stop) -> datetime:
        return self.completed_at + stop.label.last * HOUR


def weeks_after(
    planned: Iterable[Planned], completed_at: datetime, zone: ZoneInfo, *, next_session: tuple[int, int] = USUAL_INTERVAL
) -> Weeks:
    """The stops of a plan in order of time, that of a message not yet chosen. `next_session`: after how many days it may take place,
    and should have (F19)."""
    days: dict[tuple[Kind, Step | None], list[int]] = {}
    for message in sorted(planned, key=lambda message: message.send_at):
        one = message.step if message.step.kind is Kind.DOSE else None  # the others of a kind belong together, whichever step they are of
        told = message.folded or (message.send_at,)
        days.setdefault((message.step.kind, one), []).extend(_day(at, completed_at, zone) for at in told)
    stops = [
        _session(),
        *(stop for (kind, step), on in days.items() for stop in _stops(kind, step, sorted(on))),
        _next_session(*next_session),
    ]
    session_on = completed_at.astimezone(zone).date()
    return Weeks(completed_at, zone, tuple(_dated(stop, session_on) for stop in _merged(stops)))


def _session() -> Stop:
    return _stop(Label("day", 0, 0), 0, 0, Event(What.SESSION))


def _next_session(first: int, last: int) -> Stop:
    weeks = ceil(first / WEEK)
    return _stop(Label("week", weeks, max(last // WEEK, weeks)), first, last, Event(What.NEXT_SESSION))


def _stops(kind: Kind, step: Step | None, days: Sequence[int]) -> Iterator[Stop]:
    if step:
        yield _doses(step, days[0], days[-1])
    elif kind is Kind.EDUCATION:
        for week, in_week in groupby(days, key=_week):
            first, *others = in_week
            yield _stop(Label("week", week, week), first, max([first, *others]), Event(What.EDUCATION))
    elif kind in (Kind.CHECK_IN, Kind.RESULTS):
        for day in dict.fromkeys(days):
            yield _stop(_label(day, day), day, day, Event(What(kind)))


def _doses(step: Step, first: int, last: int) -> Stop:
    if step.at:
        return _stop(_label(first, last), first, last, Event(What.DOSES_A_DAY, len(step.at)))
    every = step.every or timedelta()
    until = step.first_after + every * (step.times - 1)
    label = Label("hours", 0, ceil(until / HOUR)) if until <= COUNTED_IN_HOURS else _label(first, last)
    return _stop(label, first, last, Event(What.DOSE_EVERY, round(every / HOUR)))


def _week(day: int) -> int:
    return max(ceil(day / WEEK), 1)


def _label(first: int, last: int) -> Label:
    if first == last:
        week = round(first / WEEK)
        is_a_week = first >= COUNTED_IN_WEEKS and abs(first - week * WEEK) <= 1
        return Label("week", week, week) if is_a_week else Label("day", first, first)
    # A week of mornings and evenings that begins with an evening ends with a morning, on the eighth day.
    return Label("week", _week(first), _week(last - 1))


def _stop(label: Label, first: int, last: int, event: Event) -> Stop:
    return Stop(label, first, last, date.min, date.min, (event,))


def _merged(stops: Iterable[Stop]) -> list[Stop]:
    """Those with the same label are one."""
    by_label: dict[Label, Stop] = {}
    for stop in sorted(stops, key=lambda stop: (stop.first, stop.last)):
        known = by_label.get(stop.label)
        if known is None:
            by_label[stop.label] = stop
        else:
            events = tuple(dict.fromkeys((*known.events, *stop.events)))
            by_label[stop.label] = replace(known, first=min(known.first, stop.first), last=max(known.last, stop.last), events=events)
    return sorted(by_label.values(), key=lambda stop: (stop.first, stop.last))


def _dated(stop: Stop, session_on: date) -> Stop:
    return replace(stop, starts_on=session_on + timedelta(days=stop.first), ends_on=session_on + timedelta(days=stop.last))


def _day(moment: datetime, completed_at: datetime, zone: ZoneInfo) -> int:
    return (moment.astimezone(zone).date() - completed_at.astimezone(zone).date()).days
