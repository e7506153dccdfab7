"""Where an appointment was before: its moves, as its own page tells them."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from scheduling.models import Appointment, Move, Practitioner, Room
from scheduling.services.staff import staff_name

Stay = tuple[datetime, Practitioner, Room]


def moves_of(appointment: Appointment) -> SafeString:
    """The newest first."""
    about = ("from_practitioner", "from_room__location", "moved_by", "along_with", "takes_back", "taken_back_by")
    moves = list(Move.objects.filter(appointment=appointment).select_related(*about).order_by("-pk"))
    rows = format_html_join("", '<li><strong>{}</strong> → {} <span class="quiet">{}</span></li>', _rows(moves, appointment))
    return format_html('<ul class="sessions">{}</ul>', rows)


def _rows(moves: list[Move], appointment: Appointment) -> Iterator[tuple[str, str, str]]:
    stay: Stay = appointment.starts_at, appointment.practitioner, appointment.room
    for move in moves:
        before: Stay = move.from_starts_at, move.from_practitioner, move.from_room
        yield _said(before, stay), _said(stay, before), _how(move, appointment)
        stay = before


def _said(stay: Stay, other: Stay) -> str:
    """With whom and where only as far as that is otherwise."""
    starts_at, practitioner, room = stay
    when = date_format(starts_at.astimezone(room.location.zone), "D, M j, Y, g:i A")
    others = [str(mine) for mine, theirs in ((practitioner, other[1]), (room, other[2])) if mine != theirs]
    return ", ".join([when, *others])


def _how(move: Move, appointment: Appointment) -> str:
    at = date_format(move.moved_at.astimezone(appointment.zone), "M j, g:i A")
    by = staff_name(move.moved_by)
    said = [_("%(at)s by %(by)s") % {"at": at, "by": by} if by else at]
    if move.along_with:
        said.append(_("along with another session"))
    if move.takes_back:
        said.append(_("undoes a move"))
    if hasattr(move, "taken_back_by"):
        said.append(_("undone"))
    return ", ".join(said)
