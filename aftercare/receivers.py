"""What follows from what happened to an appointment: the only listener across apps."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from aftercare import services
from scheduling.models import Appointment, Location
from scheduling.signals import (
    appointment_booked,
    appointment_cancelled,
    appointment_completed,
    appointment_moved,
    appointment_reopened,
)


@receiver(appointment_booked)
def booked(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.tell_of_booking(appointment, now=now)


@receiver(appointment_moved)
def moved(appointment: Appointment, previous_starts_at: datetime, previous_location: Location, now: datetime, **kwargs: Any) -> None:
    services.tell_of_move(appointment, previous_starts_at=previous_starts_at, previous_location=previous_location, now=now)


@receiver(appointment_cancelled)
def cancelled(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.tell_of_cancellation(appointment, now=now)


@receiver(appointment_completed)
def completed(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.take_back(reason="the session is completed", appointment=appointment)
    services.start_plan(appointment, now=now)


@receiver(appointment_reopened)
def reopened(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.stop_plan(appointment, reason="the session was reopened", now=now)
