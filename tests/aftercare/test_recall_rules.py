"""When a recall goes and why it doesn't, as plain rules: whatever the zone, the hour and the day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from aftercare.domain.recalls import (
    LATE_DAYS,
    MOST_PER_SESSION,
    STEPS,
    Policy,
    Standing,
    WhyNot,
    goes_at,
    may_go,
    next_at,
    of_use_until,
    why_not,
)
from scheduling.domain.cadence import RecallKind, Stage

ZONES = st.sampled_from(
    [
        "America/New_York",
        "Asia/Tokyo",
        "Europe/Madrid",
        "Australia/Lord_Howe",
        "Pacific/Kiritimati",
        "Pacific/Pago_Pago",
        "America/St_Johns",
    ]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))
HOURS = st.integers(8, 19)
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))
NIGHT = time(21)


@given(INSTANTS, ZONES, HOURS)
def test_it_goes_in_her_day_never_sooner_than_it_is_wanted_and_within_a_day(now, zone, hour):
    at = goes_at(now, zone, hour)
    assert may_go(at, zone)
    assert now <= at <= now + timedelta(hours=25)
    assert at == now or not may_go(now, zone)


@given(INSTANTS, ZONES, HOURS)
def test_the_next_full_hour_is_shown_by_her_clock(now, zone, hour):
    at = next_at(now, zone, hour)
    assert at.astimezone(zone).time() == time(hour)
    assert now <= at <= now + timedelta(hours=25)


@given(INSTANTS, ZONES, HOURS)
def test_it_is_of_use_for_an_hour_at_least_and_not_into_the_night(now, zone, hour):
    at = goes_at(now, zone, hour)
    until = of_use_until(at, zone, NIGHT)
    assert at + timedelta(minutes=30) <= until <= at + timedelta(hours=8)
    assert until.astimezone(zone).date() == at.astimezone(zone).date()
    assert until.astimezone(zone).time() <= NIGHT


@given(st.integers(7, 30), st.integers(1, 26), DAYS, st.integers(-40, 220), st.integers(0, 300))
def test_each_step_is_due_on_its_day_and_three_more_and_never_two_at_once(before, weeks, due_on, offset, since_offset):
    days = (-before, 0, 7 * weeks)
    day, since = due_on + timedelta(days=offset), due_on + timedelta(days=since_offset - 60)
    policy = Policy(days, 10, 3, since)
    due = [
        step
        for step, after in zip(STEPS, days, strict=True)
        if 0 <= offset - after <= LATE_DAYS and due_on + timedelta(days=after) >= since
    ]
    assert len(due) <= 1
    assert policy.step_on(day, due_on) == (due[0] if due else None)


@given(
    st.builds(
        Standing,
        stage=st.sampled_from(Stage),
        kind=st.sampled_from(RecallKind),
        due_on=DAYS,
        reached_by=st.sampled_from([(), ("sms",), ("email",), ("sms", "email")]),
        has_address=st.booleans(),
        told=st.integers(0, 4),
        last_told_at=st.none() | INSTANTS,
        waits=st.booleans(),
        has_urgent_concern=st.booleans(),
    ),
    DAYS,
    INSTANTS,
    ZONES,
)
def test_a_recall_goes_only_to_whoever_is_on_the_list_agreed_is_well_and_has_had_few_enough(standing, today, at, zone):
    found = why_not(standing, today=today, at=at, zone=zone)
    if found is None:
        assert standing.stage is Stage.OPEN or standing.stage is Stage.UNREACHABLE
        assert standing.reached_by
        assert standing.told < MOST_PER_SESSION
        assert not standing.waits
        assert not standing.has_urgent_concern
        assert standing.last_told_at is None or standing.last_told_at.astimezone(zone).date() < at.astimezone(zone).date()
        assert (standing.due_on - today).days <= 30
    if standing.stage is Stage.BOOKED:
        assert found is WhyNot.BOOKED


def test_control_at_another_hour_it_would_be_night():
    tokyo = ZoneInfo("Asia/Tokyo")
    assert not may_go(datetime(2026, 12, 15, 16, 0, tzinfo=UTC), tokyo)
    assert goes_at(datetime(2026, 12, 15, 16, 0, tzinfo=UTC), tokyo, 10) == datetime(2026, 12, 16, 1, 0, tzinfo=UTC)
