"""Where patients stand, as plain rules: for every day at exactly one place."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.cadence import Bucket, RecallKind, Stage, add_months
from scheduling.domain.recalls import (
    FIRST_DAY,
    LAST_DAY,
    RANKS,
    Cadence,
    Claim,
    CourseFacts,
    Session,
    bucket_of,
    first_not_lapsed,
    ranges,
    recalls_of,
    spans_of,
)

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
CLAIMS = st.builds(
    Claim,
    id=st.integers(1, 10_000),
    kind=st.sampled_from(RecallKind),
    due_on=DAYS,
    coming=st.lists(DAYS, max_size=2).map(tuple),
    hidden_until=st.none() | DAYS,
    is_declined=st.booleans(),
    is_reachable=st.booleans(),
)


@given(st.sampled_from(Stage), st.sampled_from(RecallKind), DAYS, DAYS)
def test_every_stage_kind_and_due_date_is_in_exactly_one_bucket(stage, kind, due, as_of):
    assert len([one for one in ranges(as_of) if one.has(stage, kind, due)]) == 1


@given(DAYS, DAYS)
def test_lapsed_begins_a_calendar_year_after_the_due_date(due, as_of):
    assert (due < first_not_lapsed(as_of)) == (add_months(due, 12) < as_of)


@pytest.mark.parametrize(
    ("as_of", "first"),
    [
        (date(2029, 2, 28), date(2028, 2, 28)),  # 28 and 29 February 2028 both end their year on it
        (date(2029, 3, 1), date(2028, 3, 1)),
        (date(2028, 2, 29), date(2027, 3, 1)),
    ],
)
def test_a_year_from_29_february(as_of, first):
    assert first_not_lapsed(as_of) == first


@given(st.lists(CLAIMS, min_size=1, max_size=3, unique_by=lambda claim: claim.id), DAYS)
def test_she_stands_at_one_place_every_day_and_it_is_the_one_to_act_on(claims, day):
    spans = spans_of(claims)

    assert (spans[0].first, spans[-1].end) == (FIRST_DAY, LAST_DAY)
    assert all(before.end == after.first for before, after in pairwise(spans))
    (span,) = [span for span in spans if span.first <= day < span.end]
    assert (span.stage, span.booked_on) == (span.claim.stage_on(day), span.claim.booked_on(day))
    best = min(RANKS[bucket_of(claim.stage_on(day), claim.kind, claim.due_on, day)] for claim in claims)
    assert RANKS[bucket_of(span.stage, span.claim.kind, span.claim.due_on, day)] == best


@given(st.lists(CLAIMS, min_size=1, max_size=3, unique_by=lambda claim: claim.id))
def test_no_two_spans_that_follow_each_other_say_the_same(claims):
    spans = spans_of(claims)
    assert all(one.says() != following.says() for one, following in pairwise(spans))


def test_a_booking_that_went_by_hides_nobody():
    claim = Claim(1, RecallKind.NEXT_SESSION, date(2026, 12, 15), coming=(date(2026, 12, 8),))
    assert [(span.end, span.stage, span.booked_on) for span in spans_of([claim])] == [
        (date(2026, 12, 9), Stage.BOOKED, date(2026, 12, 8)),
        (LAST_DAY, Stage.OPEN, None),
    ]


def test_a_snoozed_recall_makes_room_for_another_until_it_is_over():
    snoozed = Claim(1, RecallKind.MAINTENANCE, date(2026, 11, 1), hidden_until=date(2026, 12, 20))
    later = Claim(2, RecallKind.NEXT_SESSION, date(2027, 1, 3))
    spans = spans_of([snoozed, later])
    on = {day: next(span for span in spans if span.first <= day < span.end) for day in (date(2026, 12, 20), date(2026, 12, 21))}
    assert [(span.claim.id, span.stage) for span in on.values()] == [(2, Stage.OPEN), (1, Stage.OPEN)]


def test_nobody_stands_anywhere_without_a_recall():
    assert spans_of([]) == []


CADENCES = {1: Cadence(42, 6)}


def session(number: int, day: date, course: int = 1) -> Session:
    return Session(number, course, 1, day)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 8, 29)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_maintenance_is_due_six_calendar_months_on(last, due):
    (recall,) = recalls_of([session(1, last)], {1: CourseFacts(planned_sessions=1)}, CADENCES)
    assert (recall.kind, recall.due_on) == (RecallKind.MAINTENANCE, due)


def test_each_session_asks_for_one_more_and_the_last_is_open():
    days = [date(2026, 7, 6), date(2026, 8, 3), date(2026, 8, 31), date(2027, 3, 2)]
    recalls = recalls_of([session(n, day) for n, day in enumerate(days)], {1: CourseFacts(planned_sessions=3)}, CADENCES)
    assert [recall.kind for recall in recalls] == ["next_session", "next_session", "maintenance", "maintenance"]
    assert [recall.came_back_on for recall in recalls] == [*days[1:], None]


def test_a_course_that_was_ended_early_asks_for_maintenance():
    (recall,) = recalls_of([session(1, date(2026, 7, 6))], {1: CourseFacts(planned_sessions=3, is_ended=True)}, CADENCES)
    assert (recall.kind, recall.due_on) == (RecallKind.MAINTENANCE, date(2027, 1, 6))


def test_every_bucket_has_a_rank():
    assert set(RANKS) == set(Bucket)


def test_time_goes_by_one_day_at_a_time_through_all_buckets():
    claim = Claim(1, RecallKind.MAINTENANCE, date(2027, 2, 28))
    (span,) = spans_of([claim])
    seen, day = [], date(2026, 12, 1)
    while day < date(2028, 4, 1):
        bucket = bucket_of(span.stage, claim.kind, claim.due_on, day)
        if not seen or seen[-1][1] != bucket:
            seen.append((day, bucket))
        day += timedelta(days=1)
    assert seen == [
        (date(2026, 12, 1), "maintenance_not_yet_due"),
        (date(2027, 1, 29), "maintenance_due"),
        (date(2027, 3, 1), "maintenance_overdue"),
        (date(2028, 2, 29), "lapsed"),
    ]
