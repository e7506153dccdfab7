"""The board's day: whatever the clock does, it has 96 quarters, and everything lies somewhere on it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.wall import DAY, Span, both, lanes, on_wall, quarters, skipped, without

NEW_YORK, PHOENIX = ZoneInfo("America/New_York"), ZoneInfo("America/Phoenix")
LONG, SHORT = date(2026, 11, 1), date(2026, 3, 8)  # 25 and 23 hours in New York

spans = st.builds(lambda start, length: Span(start, min(DAY, start + length)), st.integers(0, DAY - 1), st.integers(1, 300))


def test_an_hour_is_where_the_wall_clock_says() -> None:
    nine = datetime(2026, 3, 10, 16, tzinfo=UTC)  # 9:00 in Phoenix, noon in New York
    assert on_wall(nine, nine + timedelta(hours=1), date(2026, 3, 10), PHOENIX) == Span(540, 600)
    assert on_wall(nine, nine + timedelta(hours=1), date(2026, 3, 10), NEW_YORK) == Span(720, 780)
    assert on_wall(nine, nine + timedelta(hours=1), date(2026, 3, 11), PHOENIX) is None


def test_a_span_over_midnight_has_a_part_on_each_day() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=NEW_YORK)
    assert on_wall(late, late + timedelta(hours=1), date(2026, 3, 10), NEW_YORK) == Span(1410, DAY)
    assert on_wall(late, late + timedelta(hours=1), date(2026, 3, 11), NEW_YORK) == Span(0, 30)
    assert on_wall(late, late + timedelta(minutes=30), date(2026, 3, 11), NEW_YORK) is None


def test_what_begins_before_the_clock_is_set_back_ends_after_it() -> None:
    half_past_one = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)  # the first of two
    until = (half_past_one.astimezone(UTC) + timedelta(minutes=45)).astimezone(NEW_YORK)  # 1:15, the second
    assert until.hour == 1
    assert on_wall(half_past_one, until, LONG, NEW_YORK) == Span(90, 135)


def test_only_a_short_day_skips_anything() -> None:
    assert skipped(SHORT, NEW_YORK) == [Span(120, 180)]
    assert skipped(LONG, NEW_YORK) == []
    assert skipped(SHORT, PHOENIX) == []
    assert skipped(date(2026, 10, 4), ZoneInfo("Australia/Lord_Howe")) == [Span(120, 150)]  # half an hour


def test_odd_minutes_round_outwards() -> None:
    assert Span(545, 595).rounded() == Span(540, 600)
    assert Span(540, 600).rounded() == Span(540, 600)


def test_a_quarter_that_is_partly_taken_is_not_free() -> None:
    assert list(quarters(without([Span(540, 630)], [Span(550, 580)]))) == [585, 600, 615]


@pytest.mark.parametrize(
    ("given_spans", "found"),
    [
        ([], []),
        ([Span(0, 60), Span(60, 120)], [(1, 1), (1, 1)]),
        ([Span(0, 60), Span(30, 90), Span(60, 120), Span(120, 130)], [(1, 2), (2, 2), (1, 2), (1, 1)]),
        ([Span(0, 60), Span(0, 60), Span(0, 60)], [(1, 3), (2, 3), (3, 3)]),
    ],
)
def test_lanes(given_spans: list[Span], found: list[tuple[int, int]]) -> None:
    assert lanes(given_spans) == found


@given(st.lists(spans, max_size=12))
def test_nothing_covers_anything_else(some: list[Span]) -> None:
    some.sort()
    placed = list(zip(some, lanes(some), strict=True))
    for number, (one, (lane, of)) in enumerate(placed):
        assert 1 <= lane <= of
        assert not any(one.overlaps(other) and lane == other_lane for other, (other_lane, _of) in placed[:number])
        assert all(of == other_of for other, (_lane, other_of) in placed if one.overlaps(other))


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
def test_what_is_taken_and_what_is_left_make_the_whole(some: list[Span], taken: list[Span]) -> None:
    def minutes(of: list[Span]) -> set[int]:
        return {minute for span in of for minute in range(span.start, span.end)}

    assert minutes(without(some, taken)) == minutes(some) - minutes(taken)
    assert minutes(both(some, taken)) == minutes(some) & minutes(taken)
