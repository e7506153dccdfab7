"""Whether a booking would be refused, asked before it is tried. `book` decides again, and so does the database."""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from scheduling.errors import BookingRefused
from scheduling.models import Appointment, Course, Patient, Practitioner, Room, Treatment
from scheduling.services.booking import place
from scheduling.services.refusals import SENTENCES


def why_not(
    *,
    patient: Patient | None,
    treatment: Treatment,
    practitioner: Practitioner,
    room: Room,
    starts_at: datetime,
    now: datetime | None = None,
) -> BookingRefused | None:
    """The refusal that `book` would raise now, None where it would book. Without a patient, of anybody new. Changes nothing."""
    wanted = _session(patient, treatment)
    try:
        place(wanted, treatment, practitioner, room, starts_at, now or timezone.now())
    except BookingRefused as refusal:
        return refusal
    day = wanted.local_day
    recovery = DateRange(day, day + timedelta(days=wanted.minimum_interval_days))
    at_that_time = Appointment.objects.blocking().filter(during__overlap=wanted.during)
    clashes = {"practitioner_is_free": at_that_time.filter(practitioner=practitioner), "room_is_free": at_that_time.filter(room=room)}
    if patient is not None:
        hers = Appointment.objects.blocking().filter(patient=patient)
        clashes["patient_is_free"] = at_that_time.filter(patient=patient)
        clashes["skin_has_recovered"] = hers.filter(skin_area=wanted.skin_area, recovery__overlap=recovery)
    return next((SENTENCES[constraint](wanted) for constraint, others in clashes.items() if others.exists()), None)


def _session(patient: Patient | None, treatment: Treatment) -> Appointment:
    """Unsaved, in the open course of the patient or in none yet."""
    course = Course.objects.filter(patient=patient, treatment=treatment, ended_at=None).first() if patient else None
    return Appointment(
        course=course,
        patient=patient,
        skin_area=course.skin_area if course else treatment.skin_area,
        duration_minutes=treatment.duration_minutes,
        minimum_interval_days=course.minimum_interval_days if course else treatment.minimum_interval_days,
    )
