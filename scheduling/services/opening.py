"""What becomes free."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling.domain.offering import NOTICE
from scheduling.models import Appointment, Opening, Practitioner, Room
from scheduling.signals import openings_due


def open_up(
    appointment: Appointment,
    *,
    now: datetime,
    during: DateTimeTZRange | None = None,
    practitioner: Practitioner | None = None,
    room: Room | None = None,
    freed_at: datetime | None = None,
) -> Opening | None:
    """The time that the appointment had is free, for those who wait; its own unless another one is named, that it was moved away from.

    It is offered from `freed_at` on: a move can be taken back at first. None where the time is too near to be offered to anybody.
    Requires the appointment's lock, and a transaction.
    """
    during, room = during or appointment.during, room or appointment.room
    if during.lower < now + NOTICE:
        return None
    opening = Opening.objects.create(
        practitioner=practitioner or appointment.practitioner,
        room=room,
        location_id=room.location_id,
        during=during,
        freed_by=appointment,
        freed_at=freed_at or now,
    )
    openings_due.send(Opening)
    return opening
