"""What the patient says of an appointment that she has: she comes, or she wants another time."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from scheduling.domain.states import Status
from scheduling.errors import IllegalMove
from scheduling.models import Appointment
from scheduling.services.saving import locked
from scheduling.signals import appointment_answered


@transaction.atomic
def confirm(appointment: Appointment, *, by: User | None = None, now: datetime | None = None) -> Appointment:
    """She comes. `by` is who heard her say so at the desk, None where she wrote it. Whoever asked to move it has thought better of it.

    Said once more, it changes nothing. Raises IllegalMove once she is there, or it is over.
    """
    return _answer(appointment, "confirmed_at", "move_requested_at", by, now or timezone.now())


@transaction.atomic
def request_move(appointment: Appointment, *, by: User | None = None, now: datetime | None = None) -> Appointment:
    """She wants another time, and the desk is to find it with her; until then the appointment stands, unconfirmed.

    Said once more, it changes nothing. Raises IllegalMove once she is there, or it is over.
    """
    return _answer(appointment, "move_requested_at", "confirmed_at", by, now or timezone.now())


def _answer(appointment: Appointment, said: str, unsaid: str, by: User | None, now: datetime) -> Appointment:
    current = locked(appointment)
    if current.status != Status.BOOKED:
        raise IllegalMove(f"This appointment is {current.get_status_display()}, so there is nothing to confirm or to move.")
    if getattr(current, said) is not None:
        return current
    setattr(current, said, now)
    setattr(current, unsaid, None)
    current.save(update_fields=[said, unsaid])
    appointment_answered.send(Appointment, appointment=current, by=by, now=now)
    return current
