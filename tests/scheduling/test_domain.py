"""The rules of scheduling as plain Python."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.cadence import Bucket, RecallKind, Stage, add_months, due_on
from scheduling.domain.clock import Offset, offsets
from scheduling.domain.interval import earliest_day, overlaps, recovery
from scheduling.domain.recalls import bucket_of
from scheduling.domain.states import ARROWS, BLOCKING, COMING, Status, may_become

days = st.dates(date(2024, 1, 1), date(2032, 12, 31))
intervals = st.integers(28, 42)


class TestInterval:
    def test_recovery_starts_on_the_session_day_and_ends_before_the_28th_day_after(self):
        first, after = recovery(date(2026, 11, 3), 28)
        assert (first, after) == (date(2026, 11, 3), date(2026, 12, 1))
        assert not overlaps((first, after), recovery(date(2026, 12, 1), 28))
        assert overlaps((first, after), recovery(date(2026, 11, 30), 28))

    def test_earliest_day_skips_a_gap_that_is_too_short_before_a_later_session(self):
        # Treated on 3 November, booked on 20 December: 1 December is 19 days before, so the gap between the two is of no use.
        taken = [recovery(date(2026, 11, 3), 28), recovery(date(2026, 12, 20), 28)]
        assert earliest_day(date(2026, 11, 10), 28, taken) == date(2027, 1, 17)
        # Eight days more make the gap wide enough.
        taken = [recovery(date(2026, 11, 3), 28), recovery(date(2026, 12, 29), 28)]
        assert earliest_day(date(2026, 11, 10), 28, taken) == date(2026, 12, 1)

    def test_earliest_day_is_the_wanted_one_where_nothing_is_in_the_way(self):
        assert earliest_day(date(2026, 11, 3), 28, []) == date(2026, 11, 3)

    @given(wanted=days, interval=intervals, others=st.lists(st.tuples(days, intervals), max_size=8))
    def test_earliest_day_is_free_and_no_earlier_day_is(self, wanted, interval, others):
        taken = [recovery(day, length) for day, length in others]
        earliest = earliest_day(wanted, interval, taken)
        assert not any(overlaps(recovery(earliest, interval), days) for days in taken)
        day = wanted
        while day < earliest:
            assert any(overlaps(recovery(day, interval), days) for days in taken)
            day += timedelta(days=1)


class TestCadence:
    @pytest.mark.parametrize(
        ("last", "due"),
        [
            (date(2026, 11, 3), date(2027, 5, 3)),
            (date(2026, 8, 31), date(2027, 2, 28)),
            (date(2027, 8, 31), date(2028, 2, 29)),  # a leap year
            (date(2027, 8, 29), date(2028, 2, 29)),
            (date(2028, 2, 29), date(2028, 8, 29)),
            (date(2026, 12, 31), date(2027, 6, 30)),
        ],
    )
    def test_maintenance_is_due_six_calendar_months_on(self, last, due):
        assert due_on(RecallKind.MAINTENANCE, last, recommended_within_days=42, maintenance_months=6) == due

    def test_next_session_is_due_on_the_last_day_of_the_recommended_window(self):
        due = due_on(RecallKind.NEXT_SESSION, date(2026, 11, 3), recommended_within_days=42, maintenance_months=6)
        assert due == date(2026, 12, 15)

    def test_a_leap_day_and_twelve_months(self):
        assert add_months(date(2028, 2, 29), 12) == date(2029, 2, 28)
        assert add_months(date(2026, 12, 15), 1) == date(2027, 1, 15)

    @given(day=days, months=st.integers(1, 60))
    def test_months_on_is_in_the_right_month_and_never_later_in_it(self, day, months):
        later = add_months(day, months)
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)

    @pytest.mark.parametrize(
        ("kind", "as_of", "booked", "expected"),
        [
            ("maintenance", date(2027, 4, 2), False, Bucket.MAINTENANCE_NOT_YET_DUE),  # 31 days ahead
            ("maintenance", date(2027, 4, 3), False, Bucket.MAINTENANCE_DUE),  # 30 days ahead
            ("maintenance", date(2027, 5, 3), False, Bucket.MAINTENANCE_DUE),
            ("maintenance", date(2027, 5, 4), False, Bucket.MAINTENANCE_OVERDUE),
            ("maintenance", date(2028, 5, 3), False, Bucket.MAINTENANCE_OVERDUE),
            ("maintenance", date(2028, 5, 4), False, Bucket.LAPSED),
            ("maintenance", date(2028, 5, 4), True, Bucket.MAINTENANCE_BOOKED),
            ("next_session", date(2027, 5, 3), False, Bucket.NEXT_SESSION_DUE),
            ("next_session", date(2027, 5, 4), False, Bucket.NEXT_SESSION_OVERDUE),
            ("next_session", date(2028, 5, 4), False, Bucket.LAPSED),
            ("next_session", date(2027, 5, 4), True, Bucket.NEXT_SESSION_BOOKED),
        ],
    )
    def test_bucket_of_what_is_due_on_3_may_2027(self, kind, as_of, booked, expected):
        stage = Stage.BOOKED if booked else Stage.OPEN
        assert bucket_of(stage, RecallKind(kind), date(2027, 5, 3), as_of) is expected


class TestStates:
    def test_the_legal_steps_are_these_and_no_others(self):
        legal = {(status.value, target.value) for status in Status for target in Status if may_become(status, target)}
        assert legal == {
            ("booked", "arrived"),
            ("booked", "fulfilled"),
            ("booked", "cancelled"),
            ("booked", "noshow"),
            ("booked", "entered-in-error"),
            ("arrived", "booked"),
            ("arrived", "fulfilled"),
            ("arrived", "cancelled"),
            ("arrived", "entered-in-error"),
            ("fulfilled", "arrived"),
            ("fulfilled", "entered-in-error"),
            ("noshow", "arrived"),
        }
        assert set(ARROWS) == set(Status)

    def test_what_blocks(self):
        assert {status.value for status in BLOCKING} == {"booked", "arrived", "fulfilled"}
        assert {status.value for status in COMING} == {"booked", "arrived"}


class TestClock:
    @given(st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"]), days, st.integers(1, 400))
    def test_the_pieces_follow_each_other_and_each_has_one_distance_from_utc(self, zone, first, number):
        starts_at = datetime(first.year, first.month, first.day, tzinfo=UTC)
        ends_at = starts_at + timedelta(days=number)
        pieces = offsets(ZoneInfo(zone), starts_at, ends_at)
        assert (pieces[0].starts_at, pieces[-1].ends_at) == (starts_at, ends_at)
        assert [piece.ends_at for piece in pieces[:-1]] == [piece.starts_at for piece in pieces[1:]]
        for piece in pieces:
            last = max(piece.ends_at - timedelta(seconds=1), piece.starts_at)
            assert {at.astimezone(ZoneInfo(zone)).utcoffset() for at in (piece.starts_at, last)} == {piece.distance}

    def test_to_the_second(self):
        first, change, last = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC)
        assert offsets(ZoneInfo("America/New_York"), first, last) == [
            Offset(first, change, timedelta(hours=-4)),
            Offset(change, last, timedelta(hours=-5)),
        ]
