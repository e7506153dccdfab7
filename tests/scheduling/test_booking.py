"""Booking at the front desk: what is refused, in which words, and that a refusal leaves nothing behind."""

from datetime import date, time, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling import services
from scheduling.errors import BookingRefused
from scheduling.models import Absence, Appointment, Closure, Course, Location, OpeningHours, Recall, Room, WorkingHours
from tests.clinic_world import FIRST, TODAY, Clinic, at, ledger, outbox


def refusal_of(clinic: Clinic, patient, starts_at=FIRST, **changed) -> tuple[str, str]:
    """The refusal's code and sentence, after making sure that nothing happened."""
    before = [model.objects.count() for model in (Appointment, Course, Recall)], len(outbox()), len(ledger())
    with pytest.raises(BookingRefused) as refusal:
        clinic.book(patient, starts_at, **changed)
    assert ([model.objects.count() for model in (Appointment, Course, Recall)], len(outbox()), len(ledger())) == before
    return refusal.value.code, str(refusal.value)


def test_a_booking_says_who_what_where_when_and_what_it_costs(clinic, django_user_model):
    desk = django_user_model.objects.create_user("desk")
    booked = clinic.book(clinic.ana, FIRST, by=desk)
    booked.refresh_from_db()
    assert (booked.patient, booked.practitioner, booked.room, booked.location) == (clinic.ana, clinic.dana, clinic.room, clinic.location)
    assert (booked.starts_at, booked.ends_at) == (FIRST, FIRST + timedelta(minutes=60))
    assert booked.during.upper == FIRST + timedelta(minutes=75)
    assert (booked.status, booked.booked_by, booked.booked_at, booked.status_at) == ("booked", desk, TODAY, TODAY)
    assert f"{booked.price}" == "640.00"
    assert (booked.course.planned_sessions, booked.course.minimum_interval_days, booked.course.started_at) == (3, 28, TODAY)


def test_the_next_session_joins_the_open_course_and_another_treatment_opens_its_own(clinic):
    first = clinic.book(clinic.ana, at("2026-11-03"))
    second = clinic.book(clinic.ana, at("2026-12-01"))
    other = clinic.book(clinic.ana, at("2026-11-04"), treatment=clinic.scalp)
    assert second.course == first.course
    assert other.course != first.course


class TestTaken:
    def test_practitioner(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert refusal_of(clinic, clinic.ben, FIRST + timedelta(minutes=30), room=clinic.other_room) == (
            "practitioner_busy",
            "Dana Diaz already has an appointment from 1:00 PM to 2:15 PM on November 3, 2026, turnaround included.",
        )

    def test_room(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert refusal_of(clinic, clinic.ben, FIRST + timedelta(minutes=30), practitioner=clinic.eli) == (
            "room_busy",
            "Room 1 is taken from 1:00 PM to 2:15 PM on November 3, 2026, turnaround included.",
        )

    def test_patient(self, clinic):
        clinic.book(clinic.ana, FIRST)
        elsewhere = {"treatment": clinic.scalp, "practitioner": clinic.eli, "room": clinic.other_room}
        assert refusal_of(clinic, clinic.ana, FIRST + timedelta(minutes=30), **elsewhere) == (
            "patient_busy",
            "Ana already has an appointment from 1:00 PM to 2:15 PM on November 3, 2026, turnaround included.",
        )

    def test_turnaround_counts_to_the_minute(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert refusal_of(clinic, clinic.ben, FIRST + timedelta(minutes=74))[0] in ("practitioner_busy", "room_busy")
        assert clinic.book(clinic.ben, FIRST + timedelta(minutes=75)).status == "booked"

    def test_turnaround_counts_before_the_next_one_too(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert refusal_of(clinic, clinic.ben, FIRST - timedelta(minutes=74))[0] in ("practitioner_busy", "room_busy")
        assert clinic.book(clinic.ben, FIRST - timedelta(minutes=75)).status == "booked"

    def test_another_practitioner_in_another_room_at_the_same_time(self, clinic):
        clinic.book(clinic.ana, FIRST)
        assert clinic.book(clinic.ben, FIRST, practitioner=clinic.eli, room=clinic.other_room).status == "booked"

    def test_a_move_onto_somebody_else_is_refused_and_a_move_within_ones_own_time_isnt(self, clinic):
        clinic.book(clinic.ana, FIRST)
        bens = clinic.book(clinic.ben, FIRST + timedelta(hours=3))
        with pytest.raises(BookingRefused) as refusal:
            services.move(bens, starts_at=FIRST + timedelta(minutes=30), now=TODAY)
        assert refusal.value.code in ("practitioner_busy", "room_busy")
        bens.refresh_from_db()
        assert (bens.starts_at, bens.revision) == (FIRST + timedelta(hours=3), 0)
        assert services.move(bens, starts_at=FIRST + timedelta(hours=3, minutes=30), now=TODAY).revision == 1


class TestClosed:
    @pytest.fixture(autouse=True)
    def _hours(self, clinic):
        for opens_at, closes_at in ((time(9), time(12)), (time(13), time(18))):
            OpeningHours.objects.create(location=clinic.location, weekday=1, opens_at=opens_at, closes_at=closes_at)

    def test_before_opening(self, clinic):
        assert refusal_of(clinic, clinic.ana, at("2026-11-03", "08:30")) == (
            "closed",
            "Maple Street Clinic is open from 9:00 AM to 12:00 PM and 1:00 PM to 6:00 PM on Tuesdays.",
        )

    def test_over_the_lunch_break(self, clinic):
        assert refusal_of(clinic, clinic.ana, at("2026-11-03", "11:30"))[0] == "closed"

    def test_on_a_day_without_hours(self, clinic):
        assert refusal_of(clinic, clinic.ana, at("2026-11-04", "10:00")) == ("closed", "Maple Street Clinic is closed on Wednesdays.")

    def test_the_session_may_end_at_closing_time_and_the_turnaround_after_it(self, clinic):
        assert clinic.book(clinic.ana, at("2026-11-03", "17:00")).ends_at == at("2026-11-03", "18:00")
        assert refusal_of(clinic, clinic.ben, at("2026-11-03", "17:01"), practitioner=clinic.eli, room=clinic.other_room)[0] == "closed"

    def test_on_a_closure(self, clinic):
        Closure.objects.create(location=clinic.location, starts_on=date(2026, 11, 3), ends_on=date(2026, 11, 3), reason="Election Day")
        assert refusal_of(clinic, clinic.ana, FIRST) == (
            "closed",
            "Maple Street Clinic is closed on Tuesday, November 3: Election Day.",
        )


class TestPractitioner:
    def test_away(self, clinic):
        away = DateTimeTZRange(at("2026-11-02", "00:00"), at("2026-11-03", "13:30"))
        Absence.objects.create(practitioner=clinic.dana, during=away)
        assert refusal_of(clinic, clinic.ana, FIRST) == ("practitioner_busy", "Dana Diaz is away until Tuesday, November 3, 1:30 PM.")
        assert clinic.book(clinic.ana, at("2026-11-03", "13:30")).status == "booked"

    def test_outside_working_hours(self, clinic):
        WorkingHours.objects.create(practitioner=clinic.dana, location=clinic.location, weekday=1, opens_at=time(9), closes_at=time(12, 30))
        assert refusal_of(clinic, clinic.ana, FIRST) == (
            "practitioner_busy",
            "Dana Diaz works at Maple Street Clinic from 9:00 AM to 12:30 PM on Tuesdays.",
        )
        assert refusal_of(clinic, clinic.ana, at("2026-11-04"))[1] == "Dana Diaz doesn't work at Maple Street Clinic on Wednesdays."

    def test_somebody_who_doesnt_perform_it_doesnt_work_there_or_has_left(self, clinic):
        clinic.eli.treatments.remove(clinic.scalp)
        assert refusal_of(clinic, clinic.ana, treatment=clinic.scalp, practitioner=clinic.eli) == (
            "not_offered",
            "Eli Evans doesn't perform Microneedling, scalp.",
        )
        branch = Location.objects.create(name="Harbor Clinic", phone="+12125550199", time_zone="America/New_York")
        room = Room.objects.create(location=branch, name="Room 1")
        assert refusal_of(clinic, clinic.ana, room=room) == ("not_offered", "Dana Diaz doesn't work at Harbor Clinic.")
        clinic.dana.is_active = False
        clinic.dana.save()
        assert refusal_of(clinic, clinic.ana) == ("not_offered", "Dana Diaz doesn't work here any more.")


class TestPast:
    def test_a_time_that_is_past(self, clinic):
        sixteen_minutes_late = FIRST + timedelta(minutes=16)
        assert refusal_of(clinic, clinic.ana, FIRST, now=sixteen_minutes_late) == (
            "in_past",
            "That time is already past. Please choose a later one.",
        )

    def test_a_walk_in_may_be_typed_in_a_few_minutes_after_she_sat_down(self, clinic):
        assert clinic.book(clinic.ana, FIRST, now=FIRST + timedelta(minutes=14)).status == "booked"

    def test_a_move_into_the_past(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        with pytest.raises(BookingRefused) as refusal:
            services.move(booked, starts_at=TODAY - timedelta(hours=1), now=TODAY)
        assert refusal.value.code == "in_past"

    def test_changing_only_the_room_of_a_session_under_way_is_no_move_into_the_past(self, clinic):
        booked = clinic.book(clinic.ana, FIRST)
        moved = services.move(booked, starts_at=FIRST, room=clinic.other_room, now=FIRST + timedelta(minutes=30))
        assert (moved.room, moved.starts_at) == (clinic.other_room, FIRST)


class TestMovingHouse:
    def test_a_move_to_a_location_in_another_time_zone_counts_days_there(self, clinic):
        phoenix = Location.objects.create(name="Desert Clinic", phone="+16025550100", time_zone="America/Phoenix")
        room = Room.objects.create(location=phoenix, name="Room 1")
        clinic.dana.locations.add(phoenix)
        booked = clinic.book(clinic.ana, at("2026-11-03", "13:00"))
        # Half past midnight in New York is still the day before in Phoenix.
        moved = services.move(booked, starts_at=at("2026-11-05", "00:30"), room=room, now=TODAY)
        moved.refresh_from_db()
        assert (moved.location, moved.time_zone, moved.recovery.lower) == (phoenix, "America/Phoenix", date(2026, 11, 4))
