"""The report as of days other than today: months that end early, days on either side of midnight, and what it was on a day gone by."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling import services
from scheduling.domain.cadence import Bucket, RecallKind, Stage, due_on
from scheduling.domain.recalls import Cadence
from scheduling.models import Appointment, Location, Room
from scheduling.reports.due import Filters, maintenance_due, page, tiles, today_at
from scheduling.reports.due.filters import Piece
from scheduling.reports.due.source import sessions_of
from tests.clinic_world import FIRST, WEEK, at
from tests.clock import freeze_time

DAY = timedelta(days=1)


def on(day: date, *, today: date | None = None):
    """Who stood where: of each patient the day of her last session, when she is due, and her group."""
    rows = maintenance_due(day, today=today or day)
    return {due.patient_id: (due.last_session_on, due.due_on, due.bucket.value, due.booked_on) for due in rows}


class TestMonths:
    @pytest.mark.parametrize(
        ("last", "due"),
        [
            (date(2026, 8, 31), date(2027, 2, 28)),
            (date(2027, 8, 31), date(2028, 2, 29)),
            (date(2028, 2, 29), date(2028, 8, 29)),
        ],
    )
    def test_a_month_that_ends_early(self, clinic, last, due):
        clinic.face.planned_sessions = 1
        clinic.face.save()
        clinic.agrees_to_recalls(clinic.ana)
        clinic.treat(clinic.ana, at(last.isoformat()))

        def bucket(day):
            (row,) = page(Filters(day), today=last).rows
            (tile,) = (tile for tile in tiles(Filters(day), today=last) if tile.count)
            assert (row.due_on, tile.bucket) == (due, row.bucket)
            return row.bucket

        assert bucket(due - 31 * DAY) == Bucket.MAINTENANCE_NOT_YET_DUE
        assert bucket(due - 30 * DAY) == bucket(due) == Bucket.MAINTENANCE_DUE
        assert bucket(due + DAY) == Bucket.MAINTENANCE_OVERDUE
        assert bucket(due + 365 * DAY) == Bucket.MAINTENANCE_OVERDUE
        assert bucket(due + 367 * DAY) == Bucket.LAPSED


class TestMidnight:
    """At half past eleven in New York it is tomorrow in London, and still today in Honolulu."""

    NOW = datetime(2026, 12, 16, 4, 30, tzinfo=UTC)

    @pytest.fixture
    def london(self, clinic):
        london = Location.objects.create(name="London", address="", phone="+442079460100", time_zone="Europe/London")
        clinic.dana.locations.add(london)
        return london

    def test_today_is_the_clinics_or_the_chosen_locations(self, clinic, london):
        honolulu = Location.objects.create(name="Honolulu", address="", phone="+18085550100", time_zone="Pacific/Honolulu")
        with freeze_time(self.NOW):
            assert (today_at(None), today_at(clinic.location.pk)) == (date(2026, 12, 15), date(2026, 12, 15))
            assert (today_at(london.pk), today_at(honolulu.pk)) == (date(2026, 12, 16), date(2026, 12, 15))
            assert today_at(999_999) == date(2026, 12, 15)

    def test_she_is_late_there_first(self, clinic, london):
        clinic.agrees_to_recalls(clinic.ana, clinic.ben)
        clinic.treat(clinic.ana)
        room = Room.objects.create(location=london, name="Room 1")
        clinic.treat(clinic.ben, FIRST + timedelta(hours=-8), room=room)
        with freeze_time(self.NOW):
            here = page(Filters(today_at(None))).rows
            there = page(Filters(today_at(london.pk), location=london.pk)).rows
        assert [(due.patient_id, due.bucket, due.days_late) for due in here] == [
            (clinic.ana.pk, Bucket.NEXT_SESSION_DUE, 0),
            (clinic.ben.pk, Bucket.NEXT_SESSION_DUE, 0),
        ]
        assert [(due.patient_id, due.bucket, due.days_late) for due in there] == [(clinic.ben.pk, Bucket.NEXT_SESSION_OVERDUE, 1)]

    def test_a_session_at_eleven_at_night_is_of_its_own_day(self, clinic):
        clinic.treat(clinic.ana, at("2026-11-03", "22:45"))  # on 4 November in UTC
        assert on(date(2026, 11, 3))[clinic.ana.pk][:2] == (date(2026, 11, 3), date(2026, 12, 15))
        assert on(date(2026, 11, 2), today=date(2026, 11, 30)) == {}
        assert len(on(date(2026, 11, 3), today=date(2026, 11, 30))) == 1


class TestThen:
    def test_a_day_gone_by_is_as_it_was(self, clinic):
        """Written down evening by evening while it happens, and asked once more when all is over."""
        clinic.agrees_to_recalls(clinic.ana, clinic.ben, clinic.chloe)
        happens = {}

        def then(day, what):
            happens.setdefault(date.fromisoformat(day), []).append(what)

        def current(patient, *statuses):
            return Appointment.objects.filter(patient=patient, status__in=statuses or ["booked"]).order_by("during").first()

        noon = {day: at(day.isoformat(), "12:00") for day in (date(2026, 11, 3) + n * DAY for n in range(90))}
        then("2026-11-03", lambda now: clinic.treat(clinic.ana, at("2026-11-03", "08:00")))
        then("2026-11-04", lambda now: clinic.treat(clinic.ben, at("2026-11-04", "08:00")))
        then("2026-11-05", lambda now: clinic.book(clinic.ana, at("2026-12-02"), now=now))
        then("2026-11-06", lambda now: clinic.treat(clinic.ben, at("2026-11-06", "08:00"), treatment=clinic.scalp))
        then("2026-11-10", lambda now: clinic.book(clinic.ben, at("2026-12-09"), now=now))
        then("2026-11-12", lambda now: clinic.treat(clinic.chloe, at("2026-11-12", "08:00")))
        then("2026-11-20", lambda now: services.move(current(clinic.ana), starts_at=at("2026-12-20"), now=now))
        then("2026-11-25", lambda now: services.move(current(clinic.ana), starts_at=at("2026-12-04", "08:00"), now=now))
        then("2026-11-28", lambda now: services.cancel(current(clinic.ben), reason="ill", now=now))
        then("2026-12-01", lambda now: clinic.book(clinic.ben, at("2026-12-18", "08:00"), now=now))
        then("2026-12-04", lambda now: services.complete(current(clinic.ana), now=now))
        then("2026-12-05", lambda now: clinic.book(clinic.chloe, at("2026-12-29", "08:00"), now=now))
        then("2026-12-18", lambda now: services.mark_no_show(current(clinic.ben), now=now))
        then("2026-12-20", lambda now: clinic.book(clinic.ben, at("2027-01-05", "08:00"), treatment=clinic.scalp, now=now))
        then("2026-12-31", lambda now: services.mark_no_show(current(clinic.chloe), now=now))  # noticed two days late
        then("2027-01-05", lambda now: services.complete(current(clinic.ben), now=now))
        written = {}
        for day, now in noon.items():
            for what in happens.get(day, []):
                what(now)
            written[day] = on(day)
        last = max(noon)
        assert {day: on(day, today=last + DAY) for day in noon} == written
        assert Counter(bucket for rows in written.values() for _, _, bucket, _ in rows.values()).keys() == {
            *("next_session_booked", "next_session_due", "next_session_overdue"),
        }

    def test_tiles_and_pages_of_a_day_gone_by_agree(self, clinic):
        clinic.treat(clinic.ana)
        clinic.treat(clinic.ben, FIRST + WEEK)
        day, today = FIRST.date() + 50 * DAY, FIRST.date() + 400 * DAY
        counted = {tile.bucket: (tile.count, tile.values) for tile in tiles(Filters(day), today=today) if tile.count}
        rows = page(Filters(day), today=today).rows
        assert Counter(due.bucket for due in rows) == {bucket: count for bucket, (count, _) in counted.items()}
        assert sum(sum(values.values()) for _, values in counted.values()) == sum(due.value for due in rows)


@given(
    st.sampled_from(RecallKind),
    st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    st.lists(st.builds(Cadence, st.integers(28, 60), st.integers(1, 14)), min_size=1, max_size=3),
    st.integers(0, 60),
)
def test_who_is_due_within_some_days_had_her_session_within_others(kind, session, cadences, width):
    """What the pages say about sessions, where they go by those, leaves nobody out."""
    cadence = cadences[0]
    due = due_on(kind, session, recommended_within_days=cadence.recommended_within_days, maintenance_months=cadence.maintenance_months)
    for first in (due, due - width * DAY):
        earliest, latest = sessions_of(Piece(Stage.OPEN, kind, first, first + width * DAY), cadences)
        assert earliest <= session <= latest
