"""Whatever the protocol, the end of the session, the zone and the night: what holds for every plan, and what bites where it doesn't.

`PROPERTIES` are functions that raise AssertionError. Each has a control among `BROKEN`: with that part of the code spoilt, a case that
fails is found.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from aftercare.domain import expansion
from aftercare.domain.expansion import APART, Planned, expand
from aftercare.domain.protocol import Kind, Protocol, Step
from notifications.domain import quiet as quiet_hours
from notifications.domain.quiet import QuietHours

EXAMPLES = 150
ZONES = sorted(available_timezones() - {"localtime", "Factory", "posixrules"})
# Those that skip or repeat midnight, half an hour, or a whole day are drawn as often as all the others together.
ODD = [
    *("America/New_York", "America/Phoenix", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut", "America/Havana"),
    *("America/St_Johns", "Pacific/Apia", "Pacific/Kwajalein", "America/Sao_Paulo", "Africa/Cairo", "Asia/Gaza", "Antarctica/Troll"),
]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Case:
    protocol: Protocol
    completed_at: datetime
    zone: str
    quiet: QuietHours | None
    late: timedelta = timedelta()

    @property
    def there(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def now(self) -> datetime:
        return self.completed_at + self.late

    def plan(self, **changed: Any) -> list[Planned]:
        asked = {"quiet": self.quiet} | changed
        return expand(self.protocol, self.completed_at, self.zone, **asked)

    def naturally(self) -> list[Planned]:
        return self.plan(quiet=None)

    def is_quiet(self, at: datetime) -> bool:
        """Read off the clock on the wall: what the code says of its quiet hours isn't asked."""
        if self.quiet is None:
            return False
        clock, (starts, ends) = at.astimezone(self.there).time(), self.quiet
        return starts <= clock < ends if starts <= ends else clock >= starts or clock < ends


def doses(plan: list[Planned]) -> list[Planned]:
    return [message for message in plan if message.step.kind is Kind.DOSE]


# --- the cases -----------------------------------------------------------------------------------------------------

minutes_of_day = st.builds(time, st.integers(0, 23), st.integers(0, 59))
clocks = st.one_of(st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])), minutes_of_day)


@st.composite
def steps(draw: st.DrawFn, slug: str) -> Step:
    at = draw(st.lists(clocks, min_size=1, max_size=4, unique=True) | st.just([]))
    times = draw(st.integers(1, 10))
    return Step(
        slug=slug,
        kind=draw(st.sampled_from([Kind.DOSE, Kind.DOSE, Kind.EDUCATION, Kind.CHECK_IN])),
        channel=draw(st.sampled_from(["sms", "email"])),
        first_after=HOUR * draw(st.integers(0, 72)),
        times=times,
        valid_for=MINUTE * draw(st.integers(1, 600)),
        every=HOUR * draw(st.integers(1, 13)) if times > 1 and not at else None,
        at=tuple(at),
        until=draw(st.none() | st.integers(0, 120).map(lambda hours: hours * HOUR)),
    )


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    # The editor takes any short name, also one that reads like another step's night.
    slugs = draw(st.lists(st.sampled_from(["serum", "serum-night", "serum-1", "later", "night"]), min_size=1, max_size=4, unique=True))
    return Protocol("any", "Any", tuple(draw(steps(slug)) for slug in slugs))


@st.composite
def quiets(draw: st.DrawFn) -> QuietHours | None:
    kind = draw(st.sampled_from(["none", "as people have them", "any", "tiny", "huge"]))
    if kind == "none":
        return None
    starts = draw(clocks)
    if kind == "any":
        return QuietHours(starts, draw(clocks))
    if kind == "as people have them":
        return QuietHours(time(draw(st.integers(18, 23)), draw(st.sampled_from([0, 30]))), time(draw(st.integers(5, 10))))
    length = MINUTE * draw(st.integers(1, 40))
    other = (datetime.combine(date(2000, 1, 1), starts) + length).time()
    return QuietHours(starts, other) if kind == "tiny" else QuietHours(other, starts)


@cache
def changes_of(zone: str, year: int) -> list[datetime]:
    """The instants at which its clocks change in that year, to the minute."""
    there, found = ZoneInfo(zone), []
    hours = [datetime(year, 1, 1, tzinfo=UTC) + 24 * HOUR * number for number in range(366)]
    for before, after in pairwise(hours):
        if before.astimezone(there).utcoffset() != after.astimezone(there).utcoffset():
            while after - before > MINUTE:
                middle = before + (after - before) // MINUTE // 2 * MINUTE
                same = middle.astimezone(there).utcoffset() == before.astimezone(there).utcoffset()
                before, after = (middle, after) if same else (before, middle)
            found.append(after)
    return found


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone = draw(st.sampled_from(ODD) | st.sampled_from(ZONES))
    completed_at = draw(st.datetimes(datetime(1980, 1, 1), datetime(2037, 12, 31))).replace(second=0, microsecond=0, tzinfo=UTC)
    if (changes := changes_of(zone, completed_at.year)) and draw(st.booleans()):
        completed_at = draw(st.sampled_from(changes)) - MINUTE * draw(st.integers(-90, 60 * 48))
    return Case(draw(protocols()), completed_at, zone, draw(quiets()), MINUTE * draw(st.integers(0, 60 * 100)))


# --- what holds ----------------------------------------------------------------------------------------------------


def everything_is_in_order(case: Case) -> None:
    plan = case.plan()
    assert [message.send_at for message in plan] == sorted(message.send_at for message in plan)
    for step in case.protocol.steps:
        numbers = [message.number for message in plan if message.step == step]
        assert numbers == sorted(set(numbers)) or step.kind is not Kind.DOSE
        of_step = [message.send_at for message in case.naturally() if message.step == step]
        assert all(earlier < later for earlier, later in pairwise(of_step))


def none_goes_in_quiet_hours(case: Case) -> None:
    assert [message for message in case.plan() if case.is_quiet(message.send_at) and not message.is_spoken] == []


def what_is_spoken_had_no_evening(case: Case) -> None:
    """Only of the night in which the session ended, and of every dose in it."""
    for message in case.plan():
        if message.is_spoken:
            assert message.send_at == case.completed_at
            assert case.quiet is not None
            assert case.quiet.covers(case.completed_at.astimezone(case.there))
            assert {case.quiet.started_at(dose, case.there) for dose in message.folded} == {
                case.quiet.started_at(case.completed_at, case.there)
            }


def every_dose_is_sent_or_named_once(case: Case) -> None:
    told = Counter(at for message in doses(case.plan()) for at in message.folded or (message.send_at,))
    assert told == Counter(message.send_at for message in doses(case.naturally()))


def without_quiet_nights_none_is_missing(case: Case) -> None:
    plan = case.naturally()
    assert not any(message.is_night for message in plan)
    for step in case.protocol.steps:
        of_step = [message for message in plan if message.step == step]
        assert [message.number for message in of_step] == [*range(1, len(of_step) + 1)]
        assert {message.of for message in of_step} <= {len(of_step)}
        assert len(of_step) == step.times or step.until is not None
        latest = case.completed_at + step.until if step.until is not None else None
        assert all(message.send_at <= latest for message in of_step if latest)
        unlimited = case_of(replace(step, until=None), case).naturally()
        assert [message.send_at for message in of_step] == [
            message.send_at for message in unlimited if latest is None or message.send_at <= latest
        ]


def elapsed_steps_are_counted_in_elapsed_time(case: Case) -> None:
    for message in case.naturally():
        if not message.step.at:
            every = message.step.every or timedelta()
            assert message.send_at - case.completed_at == message.step.first_after + every * (message.number - 1)


def wall_clock_steps_are_at_the_wall_clock_time(case: Case) -> None:
    """Every time on every day from the first on, once: that day's first moment of it, or as much later as the clocks jump over it."""
    for step in case.protocol.steps:
        if not step.at:
            continue
        after = case.completed_at + step.first_after
        expected: set[datetime] = set()
        day = after.astimezone(case.there).date() - DAY
        while len(expected) < step.times:
            expected |= {moment for clock in step.at if (moment := shown_at(day, clock, case.there)) > after}
            day += DAY
        wanted = sorted(expected)[: step.times]
        if step.until is not None:
            wanted = [moment for moment in wanted if moment <= case.completed_at + step.until]
        assert [message.send_at for message in case.naturally() if message.step == step] == wanted


def the_same_question_has_the_same_answer(case: Case) -> None:
    assert case.plan() == case.plan()
    elsewhere = replace(case, completed_at=case.completed_at.astimezone(ZoneInfo("Asia/Kolkata")))
    assert elsewhere.plan() == case.plan()


def keys_are_one_of_a_kind(case: Case) -> None:
    for plan in (case.plan(), case.naturally()):
        assert len({message.key for message in plan}) == len(plan)


def each_is_of_use_when_it_goes(case: Case) -> None:
    for message in case.plan():
        assert message.expires_at > message.send_at >= case.completed_at
        assert message.send_at.utcoffset() == timedelta()
        if not message.is_night:
            assert message.expires_at - message.send_at >= message.step.valid_for


def a_nights_text_comes_before_it_and_says_when_to_go_on(case: Case) -> None:
    natural = [message.send_at for message in doses(case.naturally())]
    for message in case.plan():
        if message.is_night:
            assert case.quiet is not None
            assert message.is_spoken or message.expires_at == case.quiet.started_at(message.overnight[0], case.there)
            assert message.is_spoken or all(message.send_at <= at for at in message.folded)
            assert list(message.folded) == sorted(message.folded)
            end_at = case.quiet.end_at(message.folded[-1], case.there)
            assert message.then == min((at for at in natural if at >= end_at), default=None)
        else:
            assert message.then is None
    nights = [case.quiet.started_at(message.folded[-1], case.there) for message in case.plan() if case.quiet and message.is_night]
    assert len(nights) == len(set(nights))


def evenings_bring_no_burst(case: Case) -> None:
    """A quiet night brings no two texts of doses closer than a quarter of an hour, unless they are as close by the protocol."""
    natural = {message.send_at for message in doses(case.naturally())}
    sent = sorted(message.send_at for message in doses(case.plan()) if not message.is_spoken)
    for sooner, later in pairwise(sent):
        assert later - sooner >= APART or {sooner, later} <= natural


def mornings_bring_no_burst(case: Case) -> None:
    """Nobody gets more doses at a time for their quiet nights, and what has waited keeps its distance where the day has room for it."""
    naturally = Counter(message.send_at for message in doses(case.naturally()))
    sent = Counter(message.send_at for message in doses(case.plan()) if not message.is_night)
    assert sent <= naturally
    plan, as_planned = case.plan(), {message.key: message.send_at for message in case.naturally()}
    for message in plan:
        if message.step.kind is Kind.DOSE or as_planned[message.key] == message.send_at:
            continue
        near = [other for other in plan if other is not message and abs(other.send_at - message.send_at) < APART]
        assert case.quiet is not None
        wakes_at = case.quiet.end_at(as_planned[message.key], case.there)
        room = APART * 2 * (len(plan) + 1)
        is_roomy = not any(case.is_quiet(wakes_at + MINUTE * minute) for minute in range(room // MINUTE))
        assert not near or not is_roomy


def what_is_past_is_dropped_and_nothing_else(case: Case) -> None:
    late = {message.key: message for message in case.plan(now=case.now)}
    for message in case.plan():
        is_of_use = message.expires_at > case.now and (message.step.kind is not Kind.DOSE or (message.is_night and not message.is_spoken))
        ahead = message.send_at >= case.now or is_of_use
        assert (message.key in late) is ahead
        if ahead:
            then = late.pop(message.key)
            assert then == replace(message, send_at=then.send_at)
            assert then.send_at == message.send_at if message.send_at >= case.now else case.now <= then.send_at < message.expires_at
    assert not late


def what_is_late_brings_no_burst(case: Case) -> None:
    """At most one at once, and the others at a distance, unless they would be of no use by then."""
    as_planned = {message.key: message.send_at for message in case.plan()}
    late = [message for message in case.plan(now=case.now) if as_planned[message.key] < case.now]
    roomy = [message for message in late if message.expires_at > case.now + APART * len(late)]
    assert all(later.send_at - sooner.send_at >= APART for sooner, later in pairwise(roomy))
    assert all(message.send_at == case.now for message in late if message.is_night)
    assert not late or min(message.send_at for message in late) == case.now


PROPERTIES: list[Callable[[Case], None]] = [
    everything_is_in_order,
    none_goes_in_quiet_hours,
    what_is_spoken_had_no_evening,
    every_dose_is_sent_or_named_once,
    without_quiet_nights_none_is_missing,
    elapsed_steps_are_counted_in_elapsed_time,
    wall_clock_steps_are_at_the_wall_clock_time,
    the_same_question_has_the_same_answer,
    keys_are_one_of_a_kind,
    each_is_of_use_when_it_goes,
    a_nights_text_comes_before_it_and_says_when_to_go_on,
    evenings_bring_no_burst,
    mornings_bring_no_burst,
    what_is_past_is_dropped_and_nothing_else,
    what_is_late_brings_no_burst,
]


def case_of(step: Step, like: Case) -> Case:
    return replace(like, protocol=Protocol("one", "One", (step,)))


def shown_at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Found by looking at the clock all day long, offset by offset; nothing of the code under test is asked."""
    wall = datetime.combine(day, clock)
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    offsets = {(noon + 3 * HOUR * step).astimezone(zone).utcoffset() or timedelta() for step in range(-16, 17)}
    shown = [(wall - offset).replace(tzinfo=UTC) for offset in offsets]
    shown = [at for at in shown if at.astimezone(zone).replace(tzinfo=None) == wall]
    if shown:
        return min(shown)
    # Skipped: the offset from before the jump still counts, which is the lesser one.
    near = [offset for offset in offsets if (wall - offset).replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) > wall]
    return max((wall - offset).replace(tzinfo=UTC) for offset in near)


SERUM = Step("serum", Kind.DOSE, "sms", HOUR, 10, HOUR, every=HOUR)
LATE = Step("late", Kind.EDUCATION, "email", timedelta(), 3, HOUR, at=(time(1, 30), time(2, 30), time(3, 30)))
BOTH = Protocol("both", "Both", (SERUM, LATE))
# New York: clocks go from 02:00 to 03:00 on 8 March 2026, and from 02:00 to 01:00 on 1 November. Havana: from 00:00 to 01:00 on 8 March.
SKIPPED = Case(BOTH, datetime(2026, 3, 8, 6, 0, tzinfo=UTC), "America/New_York", QuietHours(time(2, 30), time(6)))
REPEATED = Case(BOTH, datetime(2026, 11, 1, 4, 0, tzinfo=UTC), "America/New_York", QuietHours(time(1, 30), time(1, 15)))
MIDNIGHT = Case(BOTH, datetime(2026, 3, 8, 2, 0, tzinfo=UTC), "America/Havana", QuietHours(time(0), time(0, 45)))
# Marked completed ten minutes after the night's text was due, and twenty before the night.
BEDTIME = Case(BOTH, datetime(2026, 6, 1, 21, 0, tzinfo=UTC), "America/New_York", QuietHours(time(21), time(8)), late=MINUTE * 220)


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda holds: holds.__name__)
@settings(max_examples=EXAMPLES)
@given(case=cases())
@example(case=SKIPPED)
@example(case=REPEATED)
@example(case=MIDNIGHT)
@example(case=BEDTIME)
def test_it_holds(holds, case):
    holds(case)


# --- what bites ----------------------------------------------------------------------------------------------------


def as_the_clock_says(self: QuietHours, at: datetime, zone: ZoneInfo) -> datetime:
    local = at.astimezone(zone)
    day = local.date() if local.time() >= self.starts else local.date() - DAY
    return quiet_hours.at_wall_clock(day, self.starts, zone)


def first_of_the_night(night: list[Planned], *others: Any) -> Planned:
    return FOLDED(night[:1], *others)


def all_at_once(message: Planned, taken: list[datetime], zone: ZoneInfo, quiet: QuietHours) -> Planned:
    wakes_at = quiet.end_at(message.send_at, zone)
    return replace(message, send_at=wakes_at, expires_at=max(message.expires_at, wakes_at + message.step.valid_for))


def as_valid_as_ever(message: Planned, taken: list[datetime], zone: ZoneInfo, quiet: QuietHours) -> Planned:
    return replace(IN_THE_MORNING(message, taken, zone, quiet), expires_at=message.expires_at)


def without_looking_at_the_day(step: Step, completed_at: datetime, zone: ZoneInfo) -> list[datetime]:
    after = completed_at + step.first_after
    moments = [
        quiet_hours.at_wall_clock(after.astimezone(zone).date() + DAY * day, clock, zone)
        for day in range(step.times + 2)
        for clock in sorted(step.at)
    ]
    return [moment for moment in moments if moment > after][: step.times]


def by_the_offset_of_the_first_day(day: date, clock: time, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time(0), tzinfo=zone)
    return midnight.astimezone(UTC) + (datetime.combine(day, clock) - datetime.combine(day, time(0)))


def one_too_few(step: Step, completed_at: datetime) -> list[datetime]:
    return ELAPSED(step, completed_at)[:-1]


def without_until(step: Step, completed_at: datetime, zone: ZoneInfo) -> Iterator[Planned]:
    return OCCURRENCES(replace(step, until=None), completed_at, zone)


def on_the_wall_of_her_zone(step: Step, completed_at: datetime) -> list[datetime]:
    return [at + HOUR * (number == 2) for number, at in enumerate(ELAPSED(step, completed_at))]


def then_in_the_night(night: list[Planned], *others: Any) -> Planned:
    return replace(FOLDED(night, *others), then=night[0].send_at)


def unspoken(night: list[Planned], *others: Any) -> Planned:
    return replace(FOLDED(night, *others), is_spoken=False)


def spoken_always(night: list[Planned], *others: Any) -> Planned:
    return replace(FOLDED(night, *others), is_spoken=True)


FOLDED, IN_THE_MORNING = expansion._folded, expansion._in_the_morning
ELAPSED, OCCURRENCES = expansion._elapsed, expansion._occurrences

# Property → what is spoilt, and how: the code before it was mended, or without the part that it is there for.
BROKEN: list[tuple[Callable[[Case], None], object, str, Any]] = [
    (everything_is_in_order, expansion, "_wall_clock", without_looking_at_the_day),
    (none_goes_in_quiet_hours, expansion, "_nights_kept", lambda planned, *_others: planned),
    (none_goes_in_quiet_hours, expansion, "_folded", unspoken),
    (what_is_spoken_had_no_evening, expansion, "_folded", spoken_always),
    (every_dose_is_sent_or_named_once, expansion, "_folded", first_of_the_night),
    (without_quiet_nights_none_is_missing, expansion, "_elapsed", one_too_few),
    (without_quiet_nights_none_is_missing, expansion, "_occurrences", without_until),
    (elapsed_steps_are_counted_in_elapsed_time, expansion, "_elapsed", on_the_wall_of_her_zone),
    (wall_clock_steps_are_at_the_wall_clock_time, expansion, "at_wall_clock", by_the_offset_of_the_first_day),
    (the_same_question_has_the_same_answer, expansion, "_in_time", lambda _message: random.random()),
    (keys_are_one_of_a_kind, Planned, "key", property(lambda m: f"{m.step.slug}-{'night-' if m.is_night else ''}{m.number}")),
    (each_is_of_use_when_it_goes, expansion, "_in_the_morning", as_valid_as_ever),
    (a_nights_text_comes_before_it_and_says_when_to_go_on, expansion, "_folded", then_in_the_night),
    (evenings_bring_no_burst, expansion, "_is_shortly_before", lambda _night_starts_at, _message: False),
    (evenings_bring_no_burst, expansion, "APART", timedelta()),
    (mornings_bring_no_burst, expansion, "_in_the_morning", all_at_once),
    (what_is_past_is_dropped_and_nothing_else, Planned, "is_past", lambda _self, _now: False),
    (what_is_past_is_dropped_and_nothing_else, Planned, "is_past", lambda self, now: self.send_at < now),
    (what_is_past_is_dropped_and_nothing_else, Planned, "is_missed", Planned.is_past),
    (what_is_late_brings_no_burst, expansion, "APART", timedelta()),
]


def bites(holds: Callable[[Case], None], case: Case) -> bool:
    try:
        holds(case)
    except AssertionError:
        return True
    return False


@contextmanager
def spoilt(where: object, name: str, how: Any) -> Iterator[None]:
    with patch.object(where, name, how):
        yield


IDS = [f"{holds.__name__}-{name}" for holds, _where, name, _how in BROKEN]


@pytest.mark.parametrize(("holds", "where", "name", "how"), BROKEN, ids=IDS)
def test_control_spoilt_it_doesnt_hold(holds, where, name, how):
    thorough = settings(max_examples=20 * EXAMPLES, phases=[Phase.generate], derandomize=True, database=None)
    with spoilt(where, name, how):
        if any(bites(holds, case) for case in (SKIPPED, REPEATED, MIDNIGHT, BEDTIME)):
            return
        try:
            find(cases(), lambda case: bites(holds, case), settings=thorough)
        except NoSuchExample:
            pytest.fail("nothing was found")


def test_control_quiet_hours_that_begin_in_the_hour_that_the_clocks_skip():
    """As it was: they were said to begin at 03:30, so that their text was due at 03:00, when it is past 02:30 on her clock."""
    assert not bites(none_goes_in_quiet_hours, SKIPPED)
    with spoilt(QuietHours, "started_at", as_the_clock_says):
        assert bites(none_goes_in_quiet_hours, SKIPPED)


def test_every_property_has_a_control():
    assert {holds for holds, *_how in BROKEN} == set(PROPERTIES)
