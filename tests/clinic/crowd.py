"""A day on which everybody is booked."""

from datetime import date, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from scheduling.models import Appointment, Course, Patient, Practitioner, Room, WorkingHours
from tests.clinic_world import Clinic, at


def crowd(clinic: Clinic, day: date, count: int, already: int = 0) -> None:
    """As many appointments on the day, ten to a practitioner and a room; `already` of them are there."""
    now = timezone.now()
    columns = {}
    for number in range(already // 10, count // 10):
        practitioner = Practitioner.objects.create(name=f"Practitioner {number:02}")
        practitioner.locations.add(clinic.location)
        WorkingHours.objects.create(
            practitioner=practitioner, location=clinic.location, weekday=day.weekday(), opens_at="08:00", closes_at="20:00"
        )
        columns[number] = practitioner, Room.objects.create(location=clinic.location, name=f"Room X{number:02}")
    people = Patient.objects.bulk_create(
        Patient(first_name="Pat", last_name=f"Number {number:03}", birth_date=date(1980, 1, 1)) for number in range(already, count)
    )
    courses = Course.objects.bulk_create(
        Course(
            patient=person,
            treatment=clinic.face,
            skin_area="face",
            planned_sessions=3,
            minimum_interval_days=28,
            started_at=now,
        )
        for person in people
    )
    appointments = []
    for number, course in enumerate(courses, start=already):
        practitioner, room = columns[number // 10]
        starts_at = at(day.isoformat(), "08:00") + timedelta(minutes=70 * (number % 10))
        appointments.append(
            Appointment(
                course=course,
                patient=course.patient,
                skin_area="face",
                practitioner=practitioner,
                room=room,
                location=clinic.location,
                time_zone=clinic.location.time_zone,
                during=DateTimeTZRange(starts_at, starts_at + timedelta(minutes=60)),
                duration_minutes=45,
                minimum_interval_days=28,
                status="booked",
                status_at=now,
                price=clinic.face.list_price,
                booked_at=now,
            )
        )
    Appointment.objects.bulk_create(appointments)
