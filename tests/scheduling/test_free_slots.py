"""When a session could start. Each story has exact times; the last one compares with a naive search, and with `book` itself."""

from datetime import date, datetime, time

import pytest
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling import services
from scheduling.errors import BookingRefused
from scheduling.models import Absence, Appointment, Closure, Location, OpeningHours, Room, WorkingHours
from tests.clinic_world import FIRST, TODAY, Clinic, at, local
from tests.scheduling.naive_slots import RandomClinic

TUESDAY = date(2026, 11, 3)


def slots(clinic: Clinic, from_date: date = TUESDAY, days: int = 1, **changed: object) -> list[services.Slot]:
    wanted = {"treatment": clinic.face, "location": clinic.location, "limit": 10_000, "now": TODAY} | changed
    return services.free_slots(from_date=from_date, days=days, **wanted)


def times(found: list[services.Slot]) -> list[str]:
    """“13:00 Dana, Room 1”, on the clinic's clock."""
    return [f"{local(slot.starts_at)[-5:]} {slot.practitioner.name.split()[0]}, {slot.room.name}" for slot in found]


def clocks(found: list[services.Slot]) -> list[str]:
    return [local(slot.starts_at)[-5:] for slot in found]


def days_of(found: list[services.Slot]) -> list[str]:
    """“Tue 3 Nov”, each once, in order."""
    return list(dict.fromkeys(local(slot.starts_at)[:-6] for slot in found))


@pytest.fixture
def open_tuesdays(clinic: Clinic) -> Clinic:
    """From 13:00 to 15:00, and Eli isn't there."""
    OpeningHours.objects.create(location=clinic.location, weekday=1, opens_at=time(13), closes_at=time(15))
    clinic.eli.locations.clear()
    return clinic


def open_on(clinic: Clinic, weekday: int, *spans: tuple[int, int]) -> None:
    for opens, closes in spans:
        OpeningHours.objects.create(location=clinic.location, weekday=weekday, opens_at=time(opens), closes_at=time(closes))


class TestHours:
    def test_a_session_lies_within_opening_hours_and_its_turnaround_may_run_past_closing(self, open_tuesdays):
        assert times(slots(open_tuesdays)) == [f"{clock} Dana, Room 1" for clock in ("13:00", "13:15", "13:30", "13:45", "14:00")]

    def test_only_on_days_with_hours(self, open_tuesdays):
        assert days_of(slots(open_tuesdays, days=15)) == ["Tue 3 Nov", "Tue 10 Nov", "Tue 17 Nov"]

    def test_hours_that_touch_dont_run_together_just_as_the_booking_has_it(self, clinic):
        open_on(clinic, 1, (9, 11), (11, 12))
        clinic.eli.locations.clear()
        assert clocks(slots(clinic)) == ["09:00", "09:15", "09:30", "09:45", "10:00", "11:00"]

    def test_a_quarter_hour_is_one_of_the_clock_whenever_the_doors_open(self, clinic):
        OpeningHours.objects.create(location=clinic.location, weekday=1, opens_at=time(9, 10), closes_at=time(10, 40))
        assert clocks(slots(clinic, practitioner=clinic.dana)) == ["09:15", "09:30"]

    def test_without_any_hours_it_is_always_open_and_a_session_may_run_into_the_next_day(self, clinic):
        found = clocks(slots(clinic, practitioner=clinic.dana))
        assert (len(found), found[0], found[-1]) == (96, "00:00", "23:45")

    def test_a_practitioners_own_hours_count_where_she_works(self, open_tuesdays):
        branch = Location.objects.create(name="Harbor Clinic", phone="+12125550199", time_zone="America/New_York")
        dana = open_tuesdays.dana
        dana.locations.add(branch)
        WorkingHours.objects.create(practitioner=dana, location=branch, weekday=0, opens_at=time(9), closes_at=time(10))
        assert len(slots(open_tuesdays)) == 5  # hours elsewhere say nothing about here
        WorkingHours.objects.create(practitioner=dana, location=open_tuesdays.location, weekday=1, opens_at=time(9), closes_at=time(14, 30))
        assert clocks(slots(open_tuesdays)) == ["13:00", "13:15", "13:30"]

    def test_a_practitioner_with_hours_on_other_days_only_isnt_there(self, open_tuesdays):
        WorkingHours.objects.create(
            practitioner=open_tuesdays.dana, location=open_tuesdays.location, weekday=2, opens_at=time(9), closes_at=time(18)
        )
        assert slots(open_tuesdays, days=28) == []

    def test_a_closure_takes_whole_days_its_last_one_included(self, open_tuesdays):
        Closure.objects.create(location=open_tuesdays.location, starts_on=date(2026, 11, 4), ends_on=date(2026, 11, 10), reason="Works")
        assert days_of(slots(open_tuesdays, days=15)) == ["Tue 3 Nov", "Tue 17 Nov"]

    def test_an_absence_keeps_the_session_away_but_not_its_turnaround(self, open_tuesdays):
        away = DateTimeTZRange(at("2026-11-03", "14:15"), at("2026-11-03", "18:00"))
        Absence.objects.create(practitioner=open_tuesdays.dana, during=away)
        assert clocks(slots(open_tuesdays)) == ["13:00", "13:15"]


class TestTaken:
    def test_what_is_booked_counts_with_its_turnaround_and_leaves_the_rest(self, clinic):
        open_on(clinic, 1, (9, 18))
        clinic.book(clinic.ben, at("2026-11-03", "13:00"))
        dana = clocks(slots(clinic, practitioner=clinic.dana))
        assert dana == [
            *("09:00", "09:15", "09:30", "09:45", "10:00", "10:15", "10:30", "10:45", "11:00", "11:15", "11:30", "11:45"),
            *("14:15", "14:30", "14:45", "15:00", "15:15", "15:30", "15:45", "16:00", "16:15", "16:30", "16:45", "17:00"),
        ]

    def test_the_other_room_is_named_while_the_first_is_taken_and_nobody_is_free_without_a_room(self, clinic):
        open_on(clinic, 1, (13, 15))
        clinic.book(clinic.ben, at("2026-11-03", "13:00"), practitioner=clinic.eli)
        assert times(slots(clinic)) == [
            *(f"{clock} Dana, Room 2" for clock in ("13:00", "13:15", "13:30", "13:45", "14:00")),
        ]
        clinic.other_room.is_active = False
        clinic.other_room.save()
        assert slots(clinic) == []

    def test_in_order_of_time_then_of_name(self, open_tuesdays):
        open_tuesdays.eli.locations.add(open_tuesdays.location)
        open_tuesdays.eli.name = "Ada Evans"
        open_tuesdays.eli.save()
        assert times(slots(open_tuesdays, limit=3)) == ["13:00 Ada, Room 1", "13:00 Dana, Room 1", "13:15 Ada, Room 1"]

    def test_only_who_works_there_and_performs_it(self, open_tuesdays):
        open_tuesdays.dana.treatments.remove(open_tuesdays.scalp)
        assert slots(open_tuesdays, treatment=open_tuesdays.scalp) == []
        assert slots(open_tuesdays, practitioner=open_tuesdays.eli) == []
        open_tuesdays.dana.is_active = False
        open_tuesdays.dana.save()
        assert slots(open_tuesdays) == []

    @pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error"])
    def test_what_blocks_nothing_blocks_nothing(self, open_tuesdays, status):
        booked = open_tuesdays.book(open_tuesdays.ben)
        assert clocks(slots(open_tuesdays)) == []
        Appointment.objects.filter(pk=booked.pk).update(status=status)
        assert len(slots(open_tuesdays)) == 5

    def test_the_patient_cant_be_in_two_places(self, open_tuesdays):
        clinic = open_tuesdays
        clinic.book(clinic.ana, treatment=clinic.scalp, room=clinic.other_room, starts_at=at("2026-11-10", "13:00"))
        Appointment.objects.update(practitioner=clinic.eli)
        assert clocks(slots(clinic, date(2026, 11, 10), patient=clinic.ana)) == []
        assert len(slots(clinic, date(2026, 11, 10), patient=clinic.ben)) == 5


class TestSkin:
    def test_after_a_session_and_before_the_next_one(self, open_tuesdays):
        clinic = open_tuesdays
        clinic.treat(clinic.ana, at("2026-11-03"))
        clinic.book(clinic.ana, at("2027-01-05"))
        assert days_of(slots(clinic, days=100, patient=clinic.ana)) == [
            *("Tue 1 Dec", "Tue 8 Dec"),  # 28 days after the one, and no later than 28 before the other
            *("Tue 2 Feb", "Tue 9 Feb"),
        ]
        OpeningHours.objects.update(weekday=0)  # a day before, or six days after
        assert days_of(slots(clinic, days=100, patient=clinic.ana)) == ["Mon 7 Dec", "Mon 8 Feb"]
        OpeningHours.objects.update(weekday=2)
        assert days_of(slots(clinic, days=100, patient=clinic.ana)) == ["Wed 2 Dec", "Wed 3 Feb", "Wed 10 Feb"]
        OpeningHours.objects.update(weekday=1)
        assert days_of(slots(clinic, days=15, patient=clinic.ana, treatment=clinic.scalp)) == ["Tue 10 Nov", "Tue 17 Nov"]

    def test_the_interval_is_that_of_her_course(self, open_tuesdays):
        clinic = open_tuesdays
        course = clinic.treat(clinic.ana, at("2026-11-03")).course
        services.set_minimum_interval(course, 42, now=TODAY)
        assert days_of(slots(clinic, days=50, patient=clinic.ana)) == ["Tue 15 Dec", "Tue 22 Dec"]

    def test_an_appointment_that_is_being_moved_is_in_nobodys_way(self, open_tuesdays):
        clinic = open_tuesdays
        booked = clinic.book(clinic.ana, at("2026-11-10", "13:00"))
        assert days_of(slots(clinic, days=22, patient=clinic.ana)) == []
        assert days_of(slots(clinic, days=22, instead_of=booked)) == ["Tue 3 Nov", "Tue 10 Nov", "Tue 17 Nov", "Tue 24 Nov"]
        for slot in slots(clinic, days=8, instead_of=booked):
            services.move(booked, starts_at=slot.starts_at, practitioner=slot.practitioner, room=slot.room, now=TODAY)

    def test_somebody_who_is_there_already_moves_within_the_day(self, open_tuesdays):
        clinic = open_tuesdays
        arrived = services.arrive(clinic.book(clinic.ana), now=FIRST)
        assert times(slots(clinic, days=15, instead_of=arrived, now=at("2026-11-03", "13:20"))) == [
            f"{clock} Dana, Room 1" for clock in ("13:30", "13:45", "14:00")
        ]


class TestBounds:
    def test_nothing_that_is_past(self, open_tuesdays):
        assert clocks(slots(open_tuesdays, now=at("2026-11-03", "13:31"))) == ["13:45", "14:00"]
        assert clocks(slots(open_tuesdays, now=at("2026-11-03", "13:45"))) == ["13:45", "14:00"]
        assert slots(open_tuesdays, now=at("2026-11-03", "14:01")) == []
        assert days_of(slots(open_tuesdays, date(2026, 10, 20), days=28, now=at("2026-11-03", "18:00"))) == ["Tue 10 Nov"]

    def test_as_many_as_are_asked_for(self, open_tuesdays):
        assert clocks(slots(open_tuesdays, days=8, limit=7)) == ["13:00", "13:15", "13:30", "13:45", "14:00", "13:00", "13:15"]

    @pytest.mark.parametrize("changed", [{"days": 0}, {"days": -5}, {"limit": 0}, {"limit": -1}])
    def test_none_where_none_are_asked_for(self, open_tuesdays, changed):
        assert slots(open_tuesdays, **changed) == []

    @pytest.mark.parametrize("from_date", [date.min, date.max, date(2028, 11, 20)])
    def test_any_date_may_be_typed(self, open_tuesdays, from_date):
        assert slots(open_tuesdays, from_date, days=30) == []

    def test_no_more_than_400_days_however_many_are_asked_for_and_no_farther_than_the_booking_goes(self, open_tuesdays):
        found = days_of(slots(open_tuesdays, date(2026, 10, 27), days=10**9))
        assert len(found) == 58
        assert days_of(slots(open_tuesdays, date(2028, 10, 1), days=400))[-1] == "Tue 24 Oct"  # of 2028

    def test_a_clinic_without_rooms_or_people_has_none(self, clinic):
        Room.objects.all().delete()
        assert slots(clinic) == []

    def test_it_takes_four_queries_whatever_is_found(self, clinic, django_assert_num_queries):
        clinic.treat(clinic.ana, at("2026-11-03"))
        with django_assert_num_queries(4):
            found = slots(clinic, days=60, patient=clinic.ana)
            assert f"{found[0].room}, {found[0].practitioner}" == "Room 1, Maple Street Clinic, Dana Diaz"
        assert len(found) == 2 * 96 * 32


class TestClocks:
    """In New York clocks go back from 2:00 to 1:00 on 1 November 2026 and forward from 2:00 to 3:00 on 14 March 2027."""

    def test_the_hour_that_comes_twice_is_there_twice(self, clinic):
        OpeningHours.objects.create(location=clinic.location, weekday=6, opens_at=time(0), closes_at=time(3))
        found = slots(clinic, date(2026, 11, 1), practitioner=clinic.dana)
        assert clocks(found) == [
            *("00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"),
            *("01:00", "01:15", "01:30", "01:45", "02:00"),
        ]
        assert len({slot.starts_at for slot in found}) == 13

    def test_the_hour_that_is_skipped_isnt_there(self, clinic):
        OpeningHours.objects.create(location=clinic.location, weekday=6, opens_at=time(0), closes_at=time(5))
        found = slots(clinic, date(2027, 3, 14), practitioner=clinic.dana)
        assert clocks(found) == [
            *("00:00", "00:15", "00:30", "00:45", "01:00", "01:15", "01:30", "01:45"),
            *("03:00", "03:15", "03:30", "03:45", "04:00"),
        ]

    def test_a_session_may_end_at_closing_time_in_the_hours_second_round(self, clinic):
        OpeningHours.objects.create(location=clinic.location, weekday=6, opens_at=time(0), closes_at=time(1, 30))
        found = slots(clinic, date(2026, 11, 1), practitioner=clinic.dana)
        assert clocks(found) == ["00:00", "00:15", "00:30", "01:00", "01:15", "01:30"]
        for slot in found:
            assert taken(clinic.face, clinic.ana, slot.practitioner, slot.room, slot.starts_at, None, TODAY)

    def test_hours_are_the_same_clock_time_on_both_sides(self, open_tuesdays):
        found = slots(open_tuesdays, date(2026, 10, 27), days=8)
        assert clocks(found[:5]) == clocks(found[5:]) == ["13:00", "13:15", "13:30", "13:45", "14:00"]
        assert [slot.starts_at.utctimetuple().tm_hour for slot in (found[0], found[5])] == [17, 18]


@pytest.mark.parametrize("seed", range(28))
def test_they_are_those_that_a_naive_search_finds_and_that_book_takes(db, seed):
    clinic = RandomClinic(seed)
    treatment = clinic.random.choice([clinic.face, clinic.face, clinic.deep, clinic.scalp])
    patient = clinic.random.choice([None, clinic.ana, clinic.ana, clinic.ben])
    instead_of = None
    if patient and clinic.random.random() < 0.3:
        hers = [one for one in clinic.appointments if (one.patient, one.course.treatment, one.status) == (patient, treatment, "booked")]
        instead_of = next(iter(hers), None)

    def found(limit: int) -> list[tuple[datetime, str, str]]:
        slots = services.free_slots(
            treatment=treatment,
            location=clinic.location,
            from_date=clinic.from_date,
            days=clinic.days,
            patient=patient,
            instead_of=instead_of,
            limit=limit,
            now=clinic.now,
        )
        return [(slot.starts_at, slot.practitioner.name, slot.room.name) for slot in slots]

    naive = clinic.search(treatment, patient, instead_of)
    assert found(10_000) == naive
    few = clinic.random.randrange(1, 30)
    assert found(few) == naive[:few]
    patient = patient or clinic.newcomer()
    for starts_at, practitioner, room in clinic.some_tries(naive):
        expected = clinic.may_book(treatment, practitioner, room, starts_at, patient, instead_of)
        assert taken(treatment, patient, practitioner, room, starts_at, instead_of, clinic.now) == expected


def taken(treatment, patient, practitioner, room, starts_at, instead_of, now) -> bool:
    """Whether the service takes it; afterwards all is as it was."""
    with transaction.atomic():
        try:
            if instead_of:
                services.move(instead_of, starts_at=starts_at, practitioner=practitioner, room=room, now=now)
            else:
                services.book(patient=patient, treatment=treatment, practitioner=practitioner, room=room, starts_at=starts_at, now=now)
            return True
        except BookingRefused:
            return False
        finally:
            transaction.set_rollback(True)
