"""What a move would bring about, before anybody decides on it: it is made in full, looked at, and rolled back."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from scheduling.domain.cadence import RecallKind, due_on
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused, IllegalMove, RoomBusy
from scheduling.models import Appointment, Course, Move, Practitioner, Recall, Room
from scheduling.services.booking import place
from scheduling.services.free_slots import Slot, free_slots
from scheduling.services.moving import Change, make_moves, require_movable
from scheduling.services.refusals import skin_needs_longer
from scheduling.services.saving import locked_all, retried, save_or_refuse
from scheduling.services.warnings import warnings_of

LOOK_AHEAD_DAYS = 14  # between the minimum interval and the end of the recommended window (F19)
LOOK_FAR_DAYS = 120
MANY = 2_000


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`change` is the move asked for, with the room that was found for it, and `along` what has to go with it, in the order of their times.

    With a `refusal` it can't be made, and nothing else is known. `consequences` are sentences; `looks` is what the caller's `look` saw of
    each move while it was made.
    """

    change: Change
    along: tuple[Change, ...] = ()
    refusal: BookingRefused | None = None
    consequences: tuple[str, ...] = ()
    looks: dict[int, Any] = field(default_factory=dict)  # by the appointments' numbers


def foresee_move(
    appointment: Appointment,
    *,
    starts_at: datetime,
    practitioner: Practitioner | None = None,
    room: Room | None = None,
    look: Callable[[Move], Any] | None = None,
    now: datetime | None = None,
) -> Foreseen:
    """Whether the session may move there, which later ones on the same skin would then come too early, and where they could go.

    Without a `room` it keeps its own, or takes one that is free. Everything is tried under the very constraints, in a transaction that is
    rolled back: nothing is changed.
    """
    return retried(lambda: _foresee(Change(appointment, starts_at, practitioner, room), look, now or timezone.now()))


def _foresee(wanted: Change, look: Callable[[Move], Any] | None, now: datetime) -> Foreseen:
    appointment = wanted.appointment
    try:
        with rolled_back():
            change, along = _what_goes_along(wanted, now)
        with rolled_back():
            held = locked_all([appointment, *(other.appointment for other in along)])
            require_movable(replace(change, appointment=held[appointment.pk]))  # or somebody has called it off meanwhile
            before = _state_of(appointment)
            moves = make_moves(change, along, by=None, now=now)
            looks = {move.appointment_id: look(move) for move in moves} if look else {}
            consequences = _consequences(before, _state_of(moves[0].appointment), moves) if moves else ()
    except BookingRefused as refusal:
        return Foreseen(replace(wanted, seen=appointment.whereabouts), refusal=refusal)
    return Foreseen(change, tuple(along), consequences=consequences, looks=looks)


def free_around(appointment: Appointment, day: date, *, now: datetime | None = None) -> list[Slot]:
    """Times to which it could move without touching any other session of hers, from `day` on, the next two weeks of them."""
    found = _free_for(appointment, day, LOOK_AHEAD_DAYS, None, now)
    return [slot for slot in found if (slot.starts_at, slot.practitioner) != (appointment.starts_at, appointment.practitioner)]


def _free_for(session: Appointment, first_on: date, days: int, practitioner: Practitioner | None, now: datetime | None) -> list[Slot]:
    """Where it could be instead, at its own location, with anybody unless a practitioner is named."""
    return free_slots(
        treatment=session.course.treatment,
        location=session.location,
        from_date=first_on,
        days=days,
        patient=session.patient,
        practitioner=practitioner,
        limit=MANY,
        instead_of=session,
        now=now,
    )


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction, or a savepoint of the caller's, of which nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- what has to go along -----------------------------------------------------------------------------------------------


def _what_goes_along(wanted: Change, now: datetime) -> tuple[Change, list[Change]]:
    """Requires a transaction that is rolled back: the later sessions are lifted out of the diary, and put back one by one."""
    own = wanted.appointment
    later = Appointment.objects.filter(patient=own.patient_id, skin_area=own.skin_area, status=Status.BOOKED.value).exclude(pk=own.pk)
    standing = locked_all([own, *later])
    tried = locked_all(standing.values())  # the same rows once more, to be put here and there
    own = tried.pop(own.pk)
    lifted = [row for row in tried.values() if row.status == Status.BOOKED and row.starts_at > max(own.starts_at, now)]
    Appointment.objects.filter(pk__in=[row.pk for row in lifted]).update(status=Status.CANCELLED.value)
    own, room = _moved(own, wanted, now)
    change = Change(standing[own.pk], wanted.starts_at, own.practitioner, room, standing[own.pk].whereabouts)
    return change, [
        Change(standing[row.pk], slot.starts_at, slot.practitioner, slot.room, standing[row.pk].whereabouts)
        for row in sorted(lifted, key=lambda row: row.starts_at)
        if (slot := _put_back(row, now))
    ]


def _moved(own: Appointment, wanted: Change, now: datetime) -> tuple[Appointment, Room]:
    """Where no room was asked for, the first that is free, its own before others."""
    others = Room.objects.filter(location=own.location, is_active=True).exclude(pk=own.room_id).select_related("location")
    rooms = [wanted.room] if wanted.room else [own.room, *others]
    refusal: BookingRefused | None = None
    for room in rooms:
        try:
            place(own, own.course.treatment, wanted.practitioner or own.practitioner, room, wanted.starts_at, now)
            save_or_refuse(own, own.save)
        except RoomBusy as busy:
            refusal = refusal or busy
        else:
            return own, room
    raise refusal or IllegalMove("There is no room at this location.")


def _put_back(session: Appointment, now: datetime) -> Slot | None:
    """Where it was, and so None, if her skin allows that still; else at the next time that suits it."""
    session.status = Status.BOOKED.value
    try:
        save_or_refuse(session, lambda: session.save(update_fields=["status"]))
    except BookingRefused:
        slot = _next_time(session, skin_needs_longer(session).earliest, now)
        if slot is None:
            day = date_format(session.local_day, "F j, Y")
            raise IllegalMove(f"The session on {day} would have to move along, and no time is free for it. Move that one first.") from None
        place(session, session.course.treatment, slot.practitioner, slot.room, slot.starts_at, now)
        save_or_refuse(session, session.save)
        return slot
    return None


def _next_time(session: Appointment, first_on: date, now: datetime) -> Slot | None:
    """At its own hour with its own practitioner, within the recommended window; else near that hour, with somebody else, or later."""
    for days, who in (
        (LOOK_AHEAD_DAYS, session.practitioner),
        (LOOK_AHEAD_DAYS, None),
        (LOOK_FAR_DAYS, session.practitioner),
        (LOOK_FAR_DAYS, None),
    ):
        if found := _free_for(session, first_on, days, who, now):
            return min(found, key=partial(_how_unlike, session))
    return None


def _how_unlike(session: Appointment, slot: Slot) -> tuple[bool, date, timedelta]:
    """Its own hour on any day is best; else the first day, near that hour."""
    apart = _from_its_hour(session, slot)
    return bool(apart), session.day_of(slot.starts_at), apart


def _from_its_hour(session: Appointment, slot: Slot) -> timedelta:
    """How far apart they are on the clock."""
    own, other = (at.astimezone(session.zone) for at in (session.starts_at, slot.starts_at))
    return abs(timedelta(hours=own.hour - other.hour, minutes=own.minute - other.minute))


# --- what else follows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _State:
    warnings: list[str]
    gaps: dict[int, int]  # days since the session before it in the course, where that is past the recommended window
    due_on: date  # after the last session that is booked
    maintenance_late: int  # days after the date on which maintenance is due


def _state_of(appointment: Appointment) -> _State:
    """Requires that what is asked about is in the database."""
    course = Course.objects.select_related("treatment").get(pk=appointment.course_id)
    own = Appointment.objects.select_related("course__treatment", "patient").get(pk=appointment.pk)
    sessions = list(Appointment.objects.blocking().filter(course=course).order_by("during"))
    window = course.treatment.recommended_within_days
    gaps = {
        session.pk: days
        for earlier, session in pairwise(sessions[: course.planned_sessions])
        if (days := (session.local_day - earlier.local_day).days) > window
    }
    kind = RecallKind.MAINTENANCE if len(sessions) >= course.planned_sessions else RecallKind.NEXT_SESSION
    due = due_on(kind, sessions[-1].local_day, recommended_within_days=window, maintenance_months=course.treatment.maintenance_months)
    recall = Recall.objects.filter(course=course, kind=RecallKind.MAINTENANCE.value, came_back_on=None).first()
    late = max(0, (own.local_day - recall.due_on).days) if recall else 0
    return _State(warnings_of(own), gaps, due, late)


def _consequences(before: _State, after: _State, moves: Sequence[Move]) -> tuple[str, ...]:
    """What is otherwise than it was, in sentences."""
    said = [warning for warning in after.warnings if warning not in before.warnings and "past the recommended window" not in warning]
    said += [_gap(pk, days) for pk, days in after.gaps.items() if days > before.gaps.get(pk, 0)]
    if after.maintenance_late > before.maintenance_late:
        said.append(f"Maintenance is due {after.maintenance_late} days before the new time.")
    if after.due_on != before.due_on:
        was, is_now = (date_format(day, "F j, Y") for day in (before.due_on, after.due_on))
        said.append(f"After the last session in the diary the patient is due again by {is_now}, instead of {was}.")
    return tuple(said)


def _gap(pk: int, days: int) -> str:
    day = date_format(Appointment.objects.get(pk=pk).local_day, "F j, Y")
    return f"The session on {day} would be {days} days after the one before it: past the recommended window."
