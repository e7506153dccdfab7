"""The move that somebody made just now, and may take back: on the page that follows it, and on the appointment's own."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.formats import date_format

from scheduling.models import Appointment, Move
from scheduling.querysets import MoveQuerySet

KEY = "just_moved"


@dataclass(frozen=True, slots=True)
class Undo:
    """What the bar below the page's header offers."""

    move: Move
    others: int  # that went along
    until: str  # on the clock at the clinic
    back: str  # where the button leads back to


def remember(request: HttpRequest, move: Move) -> None:
    request.session[KEY] = move.pk


def undo_of_mine(request: HttpRequest, now: datetime) -> Undo | None:
    """The last move that was made in this browser: once, so that its button comes first on no page of something else."""
    move = request.session.pop(KEY, None) if hasattr(request, "session") else None
    return _undo(request, Move.objects.open(now).filter(pk=move)) if move else None


def undo_of(request: HttpRequest, appointment: Appointment, now: datetime) -> Undo | None:
    """The appointment's last move, whoever made it."""
    return _undo(request, Move.objects.open(now).filter(appointment=appointment))


def _undo(request: HttpRequest, moves: MoveQuerySet) -> Undo | None:
    move = moves.select_related("appointment__patient", "along_with").first()
    if move is None:
        return None
    others = Move.objects.filter(along_with=move.along_with or move).count()
    until = date_format(move.open_until.astimezone(move.appointment.zone), "g:i A")
    return Undo(move, others, until, request.get_full_path() if request.method == "GET" else "")
