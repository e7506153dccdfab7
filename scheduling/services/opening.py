"""What becomes free."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from scheduling.domain.offering import NOTICE
from scheduling.models import Appointment, Offer, Opening, Practitioner, Room
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


def reopen(practitioner: Practitioner, room: Room, during: DateTimeTZRange, *, since: datetime, now: datetime) -> None:
    """What was closed `since` then because somebody had that time by mistake is offered on; who was asked already isn't asked again.

    Requires a transaction. It waits for nobody: whoever has one of them just now decides on it.
    """
    closed = Opening.objects.filter(
        Q(practitioner=practitioner) | Q(room=room), during__overlap=during, during__startswith__gte=now + NOTICE, closed_at__gte=since
    ).exclude(pk__in=Offer.objects.filter(outcome=Offer.Outcome.ACCEPTED).values("opening"))
    free = [opening.pk for opening in closed.select_for_update(skip_locked=True, no_key=True)]
    if Opening.objects.filter(pk__in=free).update(closed_at=None):
        openings_due.send(Opening)
