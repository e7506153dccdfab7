"""What the patient says of an appointment that she has: she comes, or she wants another time."""

from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from scheduling.domain.states import Status
from scheduling.errors import IllegalMove
from scheduling.models import Appointment
from scheduling.services.saving import all_or_nothing, locked
from scheduling.signals import appointment_answered


@all_or_nothing
def confirm(
    appointment: Appointment, *, starts_at: datetime | None = None, by: User | None = None, now: datetime | None = None
) -> Appointment:
    """She comes. `by` is who heard her say so at the desk, None where she wrote it. Whoever asked to move it has thought better of it.

    Said once more, it changes nothing. With `starts_at`, the time that she was asked about, it holds for no other. Raises IllegalMove once
    she is there, or it is over, or at another time.
    """
    return _answer(appointment, "confirmed_at", "move_requested_at", starts_at, by, now or timezone.now())


@all_or_nothing
def request_move(
    appointment: Appointment, *, starts_at: datetime | None = None, by: User | None = None, now: datetime | None = None
) -> Appointment:
    """She wants another time, and the desk is to find it with her; until then the appointment stands, unconfirmed.

    Said once more, it changes nothing. `starts_at` and what it raises are as in `confirm`.
    """
    return _answer(appointment, "move_requested_at", "confirmed_at", starts_at, by, now or timezone.now())


def _answer(appointment: Appointment, said: str, unsaid: str, starts_at: datetime | None, by: User | None, now: datetime) -> Appointment:
    current = locked(appointment)
    if current.status != Status.BOOKED:
        raise IllegalMove(f"This appointment is {current.get_status_display()}, so there is nothing to confirm or to move.")
    if starts_at is not None and starts_at != current.starts_at:
        raise IllegalMove(f"This appointment was moved to {current.local_time_text}: the patient's answer was about another time.")
    if getattr(current, said) is not None:
        return current
    setattr(current, said, now)
    setattr(current, unsaid, None)
    current.save(update_fields=[said, unsaid])
    appointment_answered.send(Appointment, appointment=current, by=by, now=now)
    return current
