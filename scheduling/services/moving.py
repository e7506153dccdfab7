"""Moving a session, with the later ones that it would come too close to, and taking that back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.formats import date_format

from scheduling.domain.states import COMING, Status
from scheduling.errors import IllegalMove
from scheduling.models import Appointment, Move, Practitioner, Room
from scheduling.services.booking import place, put
from scheduling.services.opening import open_up, reopen
from scheduling.services.recalls import hold, refresh
from scheduling.services.saving import locked_all, retried, save_or_refuse
from scheduling.signals import appointment_moved, move_undone


@dataclass(frozen=True, slots=True)
class Change:
    """Where a session is to go; without a practitioner or a room it keeps its own.

    `seen` is its `whereabouts` as somebody saw them who decided on it; "" where nobody looked.
    """

    appointment: Appointment
    starts_at: datetime
    practitioner: Practitioner | None = None
    room: Room | None = None
    seen: str = ""


def move(
    appointment: Appointment,
    *,
    starts_at: datetime,
    practitioner: Practitioner | None = None,
    room: Room | None = None,
    along: Sequence[Change] = (),
    seen: str = "",
    by: User | None = None,
    now: datetime | None = None,
) -> Appointment:
    """Move a booked session to another time, practitioner or room. Raises what `book` does, and IllegalMove once treated or closed.

    `along` are her later sessions on the same skin that go with it, as `foresee_move` finds them: all of them move, or none does.
    With `seen`, the appointment's `whereabouts` as whoever decided saw them, it is refused where somebody else has moved it since.
    """
    change = Change(appointment, starts_at, practitioner, room, seen)
    moves = make_moves(change, along, by=by, now=now or timezone.now())
    return moves[0].appointment if moves else Appointment.objects.get(pk=appointment.pk)


def make_moves(change: Change, along: Iterable[Change] = (), *, by: User | None, now: datetime) -> list[Move]:
    """As `move`, in a transaction of its own or in the caller's. Gives the moves made, the session's own first; none where it is there."""
    return retried(lambda: _make_moves(change, list(along), by, now))


def undo_move(move: Move, *, by: User | None = None, now: datetime | None = None) -> list[Move]:
    """Take a move back, with those that went along: all, or none. Gives the moves that do it, that of the session itself first.

    Within UNDO_FOR, for as long nobody was told of it, and only from the very state that it left. Raises IllegalMove, and BookingRefused
    where somebody else has the time by now.
    """
    return retried(lambda: _undo(move.along_with or move, by, now or timezone.now()))


def _make_moves(change: Change, along: list[Change], by: User | None, now: datetime) -> list[Move]:
    rows = locked_all([change.appointment, *(other.appointment for other in along)])
    wanted = replace(change, appointment=rows[change.appointment.pk])
    others = [replace(other, appointment=rows[other.appointment.pk]) for other in along]
    require_movable(wanted)
    if all(_is_there(one) for one in (wanted, *others)):
        return []  # before what was seen: whoever presses once more, as the answer was lost on its way, was the one who moved it
    for one in (wanted, *others):
        _require_as_seen(one)
    if _is_there(wanted):
        return []
    for other in others:
        _require_to_go_along(other.appointment, wanted.appointment)
    moves = {one.appointment.pk: _from_here(one.appointment, by, now) for one in (wanted, *others)}
    hold({row.patient_id for row in rows.values()})
    for one in _in_an_order_that_leaves_room([wanted, *others]):
        moved = one.appointment
        practitioner, room = one.practitioner or moved.practitioner, one.room or moved.room
        place(moved, moved.course.treatment, practitioner, room, one.starts_at, now)
        if moves[moved.pk].is_news:
            moved.confirmed_at = moved.move_requested_at = None  # what she said was about the old time
        _save(moves[moved.pk])
    made = _told([moves[one.appointment.pk] for one in (wanted, *others)], now)
    for move in made:
        _open_up(move, now)
    return made


def _undo(root: Move, by: User | None, now: datetime) -> list[Move]:
    if now >= root.open_until:
        raise IllegalMove("That move is more than three minutes old, so the patient is told of it. Move the session once more instead.")
    made = list(Move.objects.filter(pk=root.pk)) + list(Move.objects.filter(along_with=root).order_by("pk"))
    rows = locked_all(Appointment.objects.filter(moves__in=made))
    for one in made:
        one.appointment = rows[one.appointment_id]
        _require_untouched(one)
    hold({row.patient_id for row in rows.values()})
    backs = []
    # The way back is the way there in reverse: each finds the room that it left.
    for one in sorted(made, key=lambda one: one.from_starts_at, reverse=root.from_starts_at > rows[root.appointment_id].starts_at):
        back = _from_here(one.appointment, by, now)
        back.takes_back = one
        # It stood there, so nobody asks again whether it may: only whether the time is still free.
        put(one.appointment, one.appointment.course.treatment, one.from_practitioner, one.from_room, one.from_starts_at)
        if back.is_news:
            _require_its_day(one.appointment, back.from_starts_at)
            one.appointment.confirmed_at, one.appointment.move_requested_at = one.from_confirmed_at, one.from_move_requested_at
        _save(back)
        move_undone.send(Appointment, appointment=back.appointment, now=now)
        backs.append(back)
        if back.is_news:
            reopen(back.from_practitioner, back.from_room, _time_left(back), since=one.moved_at, now=now)
    return _told(sorted(backs, key=lambda back: back.takes_back_id != root.pk), now)


# --- one after the other ------------------------------------------------------------------------------------------------


def _from_here(appointment: Appointment, by: User | None, now: datetime) -> Move:
    """A move that is about to happen."""
    return Move(
        appointment=appointment,
        from_starts_at=appointment.starts_at,
        from_practitioner=appointment.practitioner,
        from_room=appointment.room,
        from_confirmed_at=appointment.confirmed_at,
        from_move_requested_at=appointment.move_requested_at,
        moved_at=now,
        moved_by=by,
    )


def _in_an_order_that_leaves_room(changes: list[Change]) -> list[Change]:
    """The constraints look at each one as it is saved: of those that go to a later time the last goes first, and the others after them."""
    later = [one for one in changes if one.starts_at >= one.appointment.starts_at]
    earlier = [one for one in changes if one.starts_at < one.appointment.starts_at]
    return sorted(later, key=lambda one: one.starts_at, reverse=True) + sorted(earlier, key=lambda one: one.starts_at)


def _save(move: Move) -> None:
    """Its appointment, as it has been put. A revision is never used twice: messages that were taken back keep their keys."""
    moved = move.appointment
    moved.revision += move.is_news
    move.revision = moved.revision
    fields = ["practitioner", "room", "location", "time_zone", "during", "revision", "confirmed_at", "move_requested_at"]
    # Others were saved before it: after a deadlock all of them begin anew.
    save_or_refuse(moved, lambda: moved.save(update_fields=fields), tries=1)


def _told(moves: list[Move], now: datetime) -> list[Move]:
    """Written down, the session's own first, and announced: whoever listens finds the moves, and all appointments at their new times."""
    root, *along = moves
    for move in moves:
        move.along_with = None if move is root else root
        move.save(force_insert=True)
    refresh({move.appointment.patient_id for move in moves})
    for move in moves:
        appointment_moved.send(
            Appointment,
            appointment=move.appointment,
            previous_starts_at=move.from_starts_at,
            previous_location=move.from_room.location,
            along=[other.appointment for other in along] if move is root else [],
            now=now,
        )
    return moves


def _time_left(move: Move) -> DateTimeTZRange:
    """Turnaround included."""
    during = move.appointment.during
    return DateTimeTZRange(move.from_starts_at, move.from_starts_at + (during.upper - during.lower))


def _open_up(move: Move, now: datetime) -> None:
    """Those who wait are offered the time that was left once nobody can take the move back."""
    if move.is_news:
        open_up(
            move.appointment,
            now=now,
            during=_time_left(move),
            practitioner=move.from_practitioner,
            room=move.from_room,
            freed_at=move.open_until,
        )


# --- what is refused ----------------------------------------------------------------------------------------------------


def _is_there(change: Change) -> bool:
    own = change.appointment
    wanted = change.starts_at, change.practitioner or own.practitioner, change.room or own.room
    return wanted == (own.starts_at, own.practitioner, own.room)


def require_movable(change: Change) -> None:
    own = change.appointment
    if own.status not in COMING:
        raise IllegalMove(f"This appointment is {own.get_status_display()}, so it can't be moved.")
    _require_its_day(own, change.starts_at)


def _require_its_day(own: Appointment, other_time: datetime) -> None:
    if own.status == Status.ARRIVED and own.day_of(other_time) != own.local_day:
        raise IllegalMove(f"{own.patient.first_name} has arrived already, so the session stays on its day.")


def _require_as_seen(change: Change) -> None:
    own = change.appointment
    if change.seen and change.seen != own.whereabouts:
        raise IllegalMove(
            f"Somebody moved this appointment just now: it is on {own.local_time_text}, with {own.practitioner} in {own.room.name}."
            " Please look at it once more."
        )


def _require_to_go_along(other: Appointment, moved: Appointment) -> None:
    if (other.patient_id, other.skin_area) != (moved.patient_id, moved.skin_area) or other.pk == moved.pk:
        raise IllegalMove("Only the patient's own later sessions on the same skin can go along. Please look at the move once more.")
    if other.status != Status.BOOKED:
        raise IllegalMove(
            f"The session on {_day(other)} is {other.get_status_display()} by now, so it can't go along. Please look at the move once more."
        )


def _require_untouched(move: Move) -> None:
    own = move.appointment
    if Move.objects.filter(takes_back=move).exists():
        raise IllegalMove("That move was undone already.")
    if Move.objects.filter(Move.objects.by_her_answer(), pk=move.pk).exists():
        raise IllegalMove(
            "The patient took that time herself, from the waitlist, and was told at once. Move the session once more instead."
        )
    if own.revision != move.revision or Move.objects.filter(appointment=own, pk__gt=move.pk).exists():
        raise IllegalMove(f"The session was moved again, to {own.local_time_text}, so that move can't be undone.")
    if own.status not in COMING:
        raise IllegalMove(f"The session on {_day(own)} is {own.get_status_display()} by now, so its move can't be undone.")


def _day(appointment: Appointment) -> str:
    return date_format(appointment.local_day, "F j, Y")
