"""The skin's interval (F19), held in both directions, for everybody, and told in one sentence."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from scheduling import services
from scheduling.errors import TooSoon
from scheduling.models import Appointment
from tests.clinic_world import FIRST, TODAY, Clinic, at


def refused(clinic: Clinic, starts_at, **changed) -> TooSoon:
    """The refusal, after making sure that it left nothing behind."""
    before = list(Appointment.objects.order_by("pk").values())
    with pytest.raises(TooSoon) as refusal:
        clinic.book(clinic.ana, starts_at, **changed)
    assert list(Appointment.objects.order_by("pk").values()) == before
    assert refusal.value.code == "too_soon"
    return refusal.value


def test_27_days_after_a_session_is_refused(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))

    refusal = refused(clinic, at("2026-11-30"))

    assert str(refusal) == (
        "Ana's skin needs until December 1, 2026: the last session was on November 3, 2026 and the minimum interval is 28 days."
    )
    assert refusal.earliest == date(2026, 12, 1)


def test_28_days_after_a_session_is_accepted(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    booked = clinic.book(clinic.ana, at("2026-12-01"))
    assert booked.status == "booked"
    booked.refresh_from_db()
    assert (booked.recovery.lower, booked.recovery.upper) == (date(2026, 12, 1), date(2026, 12, 29))


def test_a_booked_session_keeps_others_away_as_a_completed_one_does(clinic):
    clinic.book(clinic.ana, at("2026-11-03"))
    assert str(refused(clinic, at("2026-11-30"))) == (
        "Ana's skin needs until December 1, 2026: a session is booked on November 3, 2026 and the minimum interval is 28 days."
    )


@pytest.mark.parametrize(
    ("first", "four_weeks_later"),
    [("2026-10-27", "2026-11-24"), ("2027-02-23", "2027-03-23")],  # over the autumn change, 25 h; over the spring one, 23 h
)
def test_the_same_clock_time_four_weeks_later_is_allowed_across_a_daylight_saving_change(clinic, first, four_weeks_later):
    clinic.book(clinic.ana, at(first, "10:00"))
    booked = clinic.book(clinic.ana, at(four_weeks_later, "10:00"))
    assert booked.local_day == date.fromisoformat(first) + timedelta(days=28)


def test_days_are_the_clinics_days_not_utc_ones(clinic):
    """20:30 in New York is the next day in UTC, on both ends."""
    clinic.book(clinic.ana, at("2026-11-03", "20:30"))
    assert refused(clinic, at("2026-11-30", "20:30")).earliest == date(2026, 12, 1)
    assert clinic.book(clinic.ana, at("2026-12-01", "09:00")).local_day == date(2026, 12, 1)


def test_a_session_cant_be_slipped_in_before_a_later_one(clinic):
    clinic.book(clinic.ana, at("2026-12-01"))

    refusal = refused(clinic, at("2026-11-04"))

    assert str(refusal) == (
        "Ana's skin needs 28 days before the session on December 1, 2026: a session before it must be on November 3, 2026 or earlier."
        " The first day after it is December 29, 2026."
    )
    assert refusal.earliest == date(2026, 12, 29)
    assert clinic.book(clinic.ana, at("2026-11-03")).local_day == date(2026, 11, 3)


def test_earliest_looks_past_a_gap_between_two_sessions_that_is_too_short(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    clinic.book(clinic.ana, at("2026-12-20"))

    refusal = refused(clinic, at("2026-11-30"))

    assert str(refusal) == (
        "Ana's skin needs until December 1, 2026: the last session was on November 3, 2026 and the minimum interval is 28 days."
        " With the later sessions in the diary, the first day free is January 17, 2027."
    )
    assert refusal.earliest == date(2027, 1, 17)
    assert clinic.book(clinic.ana, at(refusal.earliest.isoformat())).local_day == refusal.earliest


def test_the_longer_interval_of_the_course_counts(clinic):
    course = clinic.treat(clinic.ana, at("2026-11-03")).course
    services.set_minimum_interval(course, 35, now=TODAY)
    refusal = refused(clinic, at("2026-12-07"))
    assert refusal.earliest == date(2026, 12, 8)
    assert str(refusal).endswith("the minimum interval is 35 days.")
    assert clinic.book(clinic.ana, at("2026-12-08")).minimum_interval_days == 35


def test_the_scalp_doesnt_wait_for_the_face(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    booked = clinic.book(clinic.ana, at("2026-11-04"), treatment=clinic.scalp)
    assert booked.skin_area == "scalp"


def test_two_treatments_of_the_same_skin_wait_for_each_other(clinic):
    from scheduling.models import Treatment

    deeper = Treatment.objects.create(name="Microneedling, face, deep", skin_area="face")
    clinic.dana.treatments.add(deeper)
    clinic.treat(clinic.ana, at("2026-11-03"))
    assert refused(clinic, at("2026-11-30"), treatment=deeper).earliest == date(2026, 12, 1)


def test_somebody_elses_skin_is_her_own(clinic):
    clinic.treat(clinic.ana, at("2026-11-03"))
    assert clinic.book(clinic.ben, at("2026-11-04")).patient == clinic.ben


def test_a_cancelled_session_blocks_nothing(clinic):
    services.cancel(clinic.book(clinic.ana, FIRST), reason="she has a cold", now=TODAY)
    assert clinic.book(clinic.ana, FIRST).status == "booked"


def test_a_no_show_blocks_nothing(clinic):
    services.mark_no_show(clinic.book(clinic.ana, FIRST), now=FIRST + timedelta(hours=1))
    assert clinic.book(clinic.ana, FIRST + timedelta(days=1), now=FIRST).status == "booked"


def test_what_was_entered_in_error_blocks_nothing(clinic):
    wrong = clinic.book(clinic.ana, FIRST)
    Appointment.objects.filter(pk=wrong.pk).update(status="entered-in-error")
    assert clinic.book(clinic.ana, FIRST).status == "booked"


class TestMoving:
    def test_a_session_may_move_within_its_own_recovery(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        moved = services.move(booked, starts_at=FIRST + timedelta(days=2), now=TODAY)
        moved.refresh_from_db()
        assert moved.starts_at == FIRST + timedelta(days=2)
        assert moved.revision == 1
        assert (moved.recovery.lower, moved.recovery.upper) == (date(2026, 11, 5), date(2026, 12, 3))

    def test_a_move_too_close_to_the_last_session_is_refused(self, clinic):
        clinic.treat(clinic.ana, at("2026-11-03"))
        booked = clinic.book(clinic.ana, at("2026-12-01"))
        with pytest.raises(TooSoon) as refusal:
            services.move(booked, starts_at=at("2026-11-30"), now=TODAY)
        assert refusal.value.earliest == date(2026, 12, 1)
        booked.refresh_from_db()
        assert (booked.starts_at, booked.revision) == (at("2026-12-01"), 0)

    def test_a_move_too_close_to_the_next_session_is_refused(self, clinic):
        first, second = clinic.book(clinic.ana, at("2026-11-03")), clinic.book(clinic.ana, at("2026-12-01"))
        with pytest.raises(TooSoon) as refusal:
            services.move(first, starts_at=at("2026-11-04"), now=TODAY)
        assert refusal.value.earliest == date(2026, 12, 29)
        assert services.move(second, starts_at=at("2026-12-02"), now=TODAY).local_day == date(2026, 12, 2)
        assert services.move(first, starts_at=at("2026-11-04"), now=TODAY).local_day == date(2026, 11, 4)


class TestChangingTheInterval:
    def test_coming_sessions_follow(self, clinic):
        first = clinic.treat(clinic.ana, at("2026-11-03"))
        second = clinic.book(clinic.ana, at("2026-12-15"))

        course = services.set_minimum_interval(first.course, 42, now=TODAY)

        assert course.minimum_interval_days == 42
        for session, until in ((first, date(2026, 12, 15)), (second, date(2027, 1, 26))):
            session.refresh_from_db()
            assert (session.minimum_interval_days, session.recovery.upper) == (42, until)

    def test_it_is_refused_whole_where_a_coming_session_would_be_too_close(self, clinic):
        first = clinic.treat(clinic.ana, at("2026-11-03"))
        second, third = clinic.book(clinic.ana, at("2026-12-08")), clinic.book(clinic.ana, at("2027-01-08"))

        with pytest.raises(TooSoon) as refusal:  # 35 days fit between the first two, 31 between the others
            services.set_minimum_interval(first.course, 35, now=TODAY)

        assert str(refusal.value) == (
            "With 35 days the session on December 8, 2026 would be too close to the next one. Move that one first."
        )
        first.course.refresh_from_db()
        assert first.course.minimum_interval_days == 28
        for session in (first, second, third):
            session.refresh_from_db()
            assert session.minimum_interval_days == 28

    def test_it_can_come_down_to_28_again(self, clinic):
        course = clinic.treat(clinic.ana, at("2026-11-03")).course
        services.set_minimum_interval(course, 42, now=TODAY)
        services.set_minimum_interval(course, 28, now=TODAY)
        assert clinic.book(clinic.ana, at("2026-12-01")).minimum_interval_days == 28

    @pytest.mark.parametrize("days", [27, 43, 0])
    def test_nobody_goes_below_28_or_above_42(self, clinic, days):
        from django.core.exceptions import ValidationError

        course = clinic.book(clinic.ana).course
        with pytest.raises(ValidationError):
            services.set_minimum_interval(course, days, now=TODAY)
        course.refresh_from_db()
        assert course.minimum_interval_days == 28


@pytest.mark.parametrize("during", ["[-infinity,2026-11-03 19:00+00)", "[2026-11-03 18:00+00,infinity)", "[1999-01-01,1999-01-02)"])
def test_raw_sql_cant_use_infinity_as_a_start_or_an_end(clinic, during):
    booked = clinic.book(clinic.ana)

    with pytest.raises(IntegrityError, match="appointment_has_a_start_and_an_end"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_appointment SET during = %s WHERE id = %s", [during, booked.pk])
