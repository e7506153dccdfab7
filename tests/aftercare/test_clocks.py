"""The days on which an hour is missing or comes twice, in zones that do it in their own ways."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from aftercare.domain.clocks import change_on, comes_twice, is_missing

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("zone", "day", "shows", "becomes"),
    [
        ("America/New_York", "2027-03-14", "2027-03-14T02:00", "2027-03-14T03:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T02:00", "2026-11-01T01:00"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-04T02:00", "2026-10-04T02:30"),
        ("America/Havana", "2027-03-14", "2027-03-14T00:00", "2027-03-14T01:00"),  # at midnight itself
        ("America/Havana", "2026-11-01", "2026-11-01T01:00", "2026-11-01T00:00"),
        ("America/Santiago", "2027-04-03", "2027-04-04T00:00", "2027-04-03T23:00"),  # the end of the day comes twice
    ],
)
def test_a_day_on_which_they_change(zone, day, shows, becomes):
    change = change_on(date.fromisoformat(day), ZoneInfo(zone))
    assert (change.shows, change.becomes) == (datetime.fromisoformat(shows), datetime.fromisoformat(becomes))
    assert change.is_back is (becomes < shows)
    assert change.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime.fromisoformat(becomes)


@pytest.mark.parametrize("zone", ["America/New_York", "America/Havana", "America/Santiago", "Asia/Kathmandu"])
def test_in_a_year_it_is_two_days_or_none(zone):
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(365)]
    assert len([day for day in days if change_on(day, ZoneInfo(zone))]) == (0 if zone.startswith("Asia") else 2)


def test_what_is_missing_is_moved_by_the_hour():
    change = change_on(date(2027, 3, 14), NEW_YORK)
    assert change.moved(time(2, 30)) == datetime(2027, 3, 14, 3, 30)
    assert change.moved(time(3)) is None
    assert change_on(date(2026, 11, 1), NEW_YORK).moved(time(1, 30)) is None


@pytest.mark.parametrize(
    ("clock", "twice", "missing"),
    [
        ("2026-11-01T00:59", False, False),
        ("2026-11-01T01:00", True, False),
        ("2026-11-01T01:59", True, False),
        ("2026-11-01T02:00", False, False),
        ("2027-03-14T01:59", False, False),
        ("2027-03-14T02:00", False, True),
        ("2027-03-14T03:00", False, False),
    ],
)
def test_a_time_on_such_a_day(clock, twice, missing):
    at = datetime.fromisoformat(clock).replace(tzinfo=NEW_YORK)
    assert (comes_twice(at), is_missing(at)) == (twice, missing)
    assert (comes_twice(at.replace(fold=1)), is_missing(at.replace(fold=1))) == (twice, missing)
