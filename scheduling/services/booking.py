"""Booking a session."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from scheduling.domain.states import Status
from scheduling.errors import InPast, TooFarAhead
from scheduling.models import Appointment, Patient, Practitioner, Room, Treatment
from scheduling.services.courses import open_course
from scheduling.services.hours import require_at_work, require_on_the_clock, require_open
from scheduling.services.recalls import hold, refresh
from scheduling.services.saving import all_or_nothing, save_or_refuse
from scheduling.signals import appointment_booked

# Somebody who walked in is typed in a few minutes after she sat down.
GRACE = timedelta(minutes=15)
FARTHEST = timedelta(days=2 * 365)


@all_or_nothing
def book(
    *,
    patient: Patient,
    treatment: Treatment,
    practitioner: Practitioner,
    room: Room,
    starts_at: datetime,
    by: User | None = None,
    now: datetime | None = None,
) -> Appointment:
    """Book a session into the patient's course of `treatment`, which is opened if she has none. `starts_at` is aware.

    Raises BookingRefused and leaves nothing behind: TooSoon (F19), PractitionerBusy, RoomBusy, PatientBusy, Closed, InPast,
    NotOffered, NoSuchTime.
    """
    now = now or timezone.now()
    appointment = new_session(patient, treatment, by, now)
    place(appointment, treatment, practitioner, room, starts_at, now)
    hold([patient.pk])
    save_or_refuse(appointment, lambda: appointment.save(force_insert=True))
    refresh([patient.pk])
    appointment_booked.send(Appointment, appointment=appointment, now=now)
    return appointment


def booked_already(
    *, patient: Patient, treatment: Treatment, practitioner: Practitioner, room: Room, starts_at: datetime
) -> Appointment | None:
    """The very session that is asked for, where she has it: the button was pressed once more, as the answer was lost on its way."""
    theirs = Appointment.objects.filter(patient=patient, course__treatment=treatment, practitioner=practitioner, room=room)
    return theirs.filter(status=Status.BOOKED.value, during__startswith=starts_at).first()


def new_session(patient: Patient, treatment: Treatment, by: User | None, now: datetime) -> Appointment:
    """Unsaved, and at no time yet, in the patient's course of `treatment`. Requires a transaction."""
    course = open_course(patient, treatment, now)
    return Appointment(
        course=course,
        patient=patient,
        skin_area=course.skin_area,
        duration_minutes=treatment.duration_minutes,
        minimum_interval_days=course.minimum_interval_days,
        status=Status.BOOKED.value,
        status_at=now,
        status_by=by,
        price=treatment.list_price,
        booked_by=by,
        booked_at=now,
    )


def place(
    appointment: Appointment, treatment: Treatment, practitioner: Practitioner, room: Room, starts_at: datetime, now: datetime
) -> None:
    """Put the appointment at its time, with its people and its room, where they are to be had at all."""
    if starts_at < now - GRACE and starts_at != (appointment.during.lower if appointment.pk else None):
        raise InPast("That time is already past. Please choose a later one.")
    if starts_at > now + FARTHEST:
        raise TooFarAhead("That is more than two years ahead. Please check the year.")
    require_on_the_clock(starts_at)
    ends_at = starts_at + timedelta(minutes=appointment.duration_minutes)
    require_open(room.location, starts_at, ends_at)
    require_at_work(practitioner, treatment, room.location, starts_at, ends_at)
    put(appointment, treatment, practitioner, room, starts_at)


def put(appointment: Appointment, treatment: Treatment, practitioner: Practitioner, room: Room, starts_at: datetime) -> None:
    """As `place`, and nobody asks whether it may."""
    minutes = appointment.duration_minutes + treatment.turnaround_minutes
    appointment.practitioner = practitioner
    appointment.room = room
    appointment.location = room.location
    appointment.time_zone = room.location.time_zone
    appointment.during = DateTimeTZRange(starts_at, starts_at + timedelta(minutes=minutes))
