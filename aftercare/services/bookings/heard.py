"""Of which times of her session a patient has heard. What is news to her hangs on that, not on what was moved meanwhile."""

from dataclasses import dataclass
from datetime import datetime

from aftercare.models import CareMessage
from aftercare.querysets import CareMessageQuerySet
from notifications.domain.states import MAY_HAVE_ARRIVED, TAKEN, WENT_OUT
from scheduling.models import Appointment, Location, Move

Place = tuple[datetime, Location]


@dataclass(frozen=True, slots=True)
class Heard:
    """`of_another`: she may have heard of another time than it has now, or place. `of_this`: the last that reached her is right as it is.

    `news_at` is when she may hear of the time that it has now: until then the move can be taken back. None, where it was never moved.
    `left_at` is when it left the time that it is back at now. `last` is the time that she takes it to be at, which is
    none that couldn't be delivered, if she knows of another; None, where she knows of none.
    """

    of_another: bool = False
    of_this: bool = False
    news_at: datetime | None = None
    left_at: datetime | None = None
    last: Place | None = None


def key_of(appointment: Appointment, revision: int | None = None) -> str:
    """What the keys of all that is told of a time begin with: of that which it has now, or had at that revision."""
    return f"appointment-{appointment.pk}-{appointment.revision if revision is None else revision}-"


def heard_of(appointment: Appointment) -> bool:
    """Of the appointment as such."""
    return _went_out(appointment).exists()


def heard(appointment: Appointment) -> Heard:
    """What went out about the time that it has now doesn't count, except as `last`: told again, it is the same news."""
    statuses: dict[int, set[str]] = {}
    for key, status in _went_out(appointment).values_list("key", "message__status"):
        statuses.setdefault(int(key.split("-")[2]), set()).add(status)
    moves = list(appointment.moves.select_related("from_room__location").order_by("pk")) if appointment.revision else []
    here = appointment.starts_at, appointment.location
    places = {revision: _place_at(revision, moves) or here for revision in statuses}
    before = sorted((revision for revision in statuses if revision != appointment.revision), reverse=True)
    of_this = False
    for revision in before:
        if places[revision] != here:
            break
        of_this = of_this or bool(statuses[revision] & TAKEN)
    known = [revision for revision, said in statuses.items() if said & MAY_HAVE_ARRIVED] or list(statuses)
    arrived = next((move for move in moves if move.revision == appointment.revision), None)
    left = [
        move.moved_at for move in moves if move.revision < appointment.revision and (move.from_starts_at, move.from_room.location) == here
    ]
    return Heard(
        of_another=any(places[revision] != here for revision in before),
        of_this=of_this,
        news_at=arrived.open_until if arrived else None,
        left_at=left[-1] if left else None,
        last=places[max(known)] if known else None,
    )


def _went_out(appointment: Appointment) -> CareMessageQuerySet:
    about_it = CareMessage.objects.filter(appointment=appointment, key__startswith=f"appointment-{appointment.pk}-")
    return about_it.filter(message__status__in=WENT_OUT)


def _place_at(revision: int, moves: list[Move]) -> Place | None:
    """Where it was at that revision: whence the next one moved it. None where there was no next one."""
    for move in moves:
        if move.revision > revision:
            return move.from_starts_at, move.from_room.location
    return None
