"""What a move means for a patient's messages, read from what it has put into the ledger."""

from datetime import datetime

from django.conf import settings
from django.utils.formats import date_format

from aftercare.admin.remedies import TO_REACH, to_reach
from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.services.bookings.heard import key_of
from notifications.domain.quiet import QuietHours
from scheduling.domain.moving import UNDO_FOR
from scheduling.models import Move

TIMES = {1: "One reminder is", 2: "Two reminders are"}


def news_of_move(move: Move, now: datetime) -> list[str]:
    """In sentences; the first says whether she is told. The move has been made, be it only to look at it."""
    moved, patient = move.appointment, move.appointment.patient
    name = patient.first_name
    if not move.is_news:
        return [f"{name} isn't told: time and place stay the same."]
    lines = list(CareMessage.objects.filter(appointment=moved, key__startswith=key_of(moved)).select_related("message"))
    news = next((line for line in lines if line.kind == Kind.CONFIRMATION), None)
    reminders = sum(line.kind == Kind.REMINDER and line.message_id is not None for line in lines)
    if news is None:
        why = "it starts too soon" if moved.starts_at <= now + UNDO_FOR else "that is the time that the last message named"
        told = f"{name} isn't told: {why}."
    elif news.message is None:
        told = f"{name} isn't told: {news.reason}." + (f" {to_reach(patient, news.reason)}" if news.reason in TO_REACH else "")
    else:
        told = f"{name} is told {_when(news)}."
    return [told, f"{TIMES[reminders]} planned for the new time."] if reminders else [told]


def _when(news: CareMessage) -> str:
    quiet = QuietHours(*settings.QUIET_HOURS)
    if not quiet.covers(news.planned_for.astimezone(news.zone)):
        return "in 3 minutes"
    return f"after the quiet hours, at {date_format(quiet.end_at(news.planned_for, news.zone).astimezone(news.zone), 'g:i A')}"
