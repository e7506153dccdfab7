"""When a session could start. Each story has exact times; the last one compares with a naive search, and with `book` itself."""

from datetime import date, time

import pytest
from django.db import transaction

from scheduling import services
from scheduling.errors import BookingRefused
from scheduling.models import OpeningHours
from tests.clinic_world import TODAY, Clinic, local
from tests.scheduling.naive_slots import RandomClinic

TUESDAY = date(2026, 11, 3)


def slots(clinic: Clinic, from_date: date = TUESDAY, days: int = 1, **changed: object) -> list[services.Slot]:
    wanted = {"treatment": clinic.face, "location": clinic.location, "limit": 10_000, "now": TODAY} | changed
    return services.free_slots(from_date=from_date, days=days, **wanted)


def times(found: list[services.Slot]) -> list[str]:
    """“13:00 Dana, Room 1”, on the clinic's clock."""
    return [f"{local(slot.starts_at)[-5:]} {slot.practitioner.name.split()[0]}, {slot.room.name}" for slot in found]


def days(found: list[services.Slot]) -> list[str]:
    """“Tue 3 Nov”, each once, in order."""
    return list(dict.fromkeys(local(slot.starts_at)[:-6] for slot in found))


@pytest.fixture
def open_tuesdays(clinic: Clinic) -> Clinic:
    """From 13:00 to 15:00, and Eli isn't there."""
    OpeningHours.objects.create(location=clinic.location, weekday=1, opens_at=time(13), closes_at=time(15))
    clinic.eli.locations.clear()
    return clinic


def test_a_session_lies_within_opening_hours_and_its_turnaround_may_run_past_closing(open_tuesdays):
    assert times(slots(open_tuesdays)) == [f"{clock} Dana, Room 1" for clock in ("13:00", "13:15", "13:30", "13:45", "14:00")]


@pytest.mark.parametrize("seed", range(21))
def test_they_are_those_that_a_naive_search_finds_and_that_book_takes(db, seed):
    clinic = RandomClinic(seed)
    treatment = clinic.random.choice([clinic.face, clinic.scalp])
    patient = clinic.random.choice([None, clinic.ana, clinic.ben])
    instead_of = None
    if patient and clinic.random.random() < 0.3:
        hers = [one for one in clinic.appointments if (one.patient, one.course.treatment, one.status) == (patient, treatment, "booked")]
        instead_of = next(iter(hers), None)

    found = services.free_slots(
        treatment=treatment,
        location=clinic.location,
        from_date=clinic.from_date,
        days=clinic.days,
        patient=patient,
        instead_of=instead_of,
        limit=10_000,
        now=clinic.now,
    )

    naive = clinic.search(treatment, patient, instead_of)
    assert [(slot.starts_at, slot.practitioner.name, slot.room.name) for slot in found] == naive
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
