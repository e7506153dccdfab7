"""What a patient is told about an appointment. It changes in the transaction that changes the appointment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from aftercare.domain.protocol import Kind, Text
from aftercare.domain.reminders import REMINDERS, remind_at
from aftercare.services.bookings.heard import Heard, heard, heard_of, key_of
from aftercare.services.telling.consent import hold, why_unreachable
from aftercare.services.telling.taking_back import take_back
from aftercare.services.telling.tellings import Telling, tell, values_for
from aftercare.wording import ASKED_TO_MOVE, CANCELLATION, CONFIRMATION, CONFIRMED_ALREADY, MOVED, REMINDER, Letter, day_and_time, render
from notifications.domain.quiet import QuietHours
from scheduling.domain.states import COMING, Status
from scheduling.models import Appointment, Location

ITS_TIME_HAS_PASSED = "its time has passed"
NEVER_HEARD = "the confirmation hadn't gone out"
MOVED_AWAY = "the appointment was moved"


def tell_of_booking(appointment: Appointment, *, now: datetime) -> None:
    """Confirm it at once, remind of it 48 and 3 hours before."""
    hold(appointment.patient)
    ahead = [telling for telling in tellings_of_booking(appointment, now) if telling.kind is not Kind.REMINDER or telling.send_at > now]
    if ahead:
        tell(appointment.patient, ahead, appointment=appointment, now=now)


def tell_of_move(
    appointment: Appointment,
    *,
    previous_starts_at: datetime,
    previous_location: Location,
    along: Sequence[Appointment] = (),
    now: datetime,
) -> None:
    """The old time's messages go; the new time gets its own, the news once the move can't be taken back any more.

    Another room or practitioner at the same time is no news. The messages of those that moved along go too, in one statement: two who
    lock messages in different orders would wait for each other.
    """
    is_news = (appointment.starts_at, appointment.location) != (previous_starts_at, previous_location)
    moved = [*([appointment] if is_news else []), *along]
    if not moved:
        return
    hold(appointment.patient)
    take_back(reason=MOVED_AWAY, appointment__in=moved)
    if is_news:
        known = heard(appointment)
        ahead = [_now_at_the_earliest(telling, now) for telling in _tellings(appointment, known, now) if _is_ahead(telling, known, now)]
        if ahead:
            tell(appointment.patient, ahead, appointment=appointment, now=now)


def tell_of_cancellation(appointment: Appointment, *, now: datetime) -> None:
    """Queued messages go. She is told, unless she never heard of the appointment or it is over."""
    hold(appointment.patient)
    take_back(appointment=appointment, reason=f"the appointment is {appointment.get_status_display()}")
    if appointment.status == Status.CANCELLED and heard_of(appointment) and appointment.starts_at > now:
        tell(appointment.patient, tellings_of_booking(appointment, now), appointment=appointment, now=now)


def why_not_called_off(appointment: Appointment, now: datetime) -> str:
    """Why she isn't told that it is cancelled; "" where she is."""
    if appointment.starts_at <= now:
        return ITS_TIME_HAS_PASSED
    return why_unreachable(appointment.patient) or ("" if heard_of(appointment) else NEVER_HEARD)


def tellings_of_booking(appointment: Appointment, now: datetime) -> list[Telling]:
    """What there is to tell of it as it stands: its time and its reminders, past ones too, or that it is cancelled."""
    return _tellings(appointment, heard(appointment), now)


def _tellings(appointment: Appointment, known: Heard, now: datetime) -> list[Telling]:
    if appointment.starts_at <= now:  # a walk-in is here; the others have been, or haven't
        return []
    if appointment.status == Status.CANCELLED:
        # Moved and cancelled before she heard of the move: what is called off is the time that she knows.
        called_off = known.last if known.last and known.last[0] > now else (appointment.starts_at, appointment.location)
        return [_telling(appointment, Kind.CANCELLATION, _letter(appointment, CANCELLATION, *called_off), now, called_off[0])]
    if appointment.status not in COMING:
        return []
    return [*_news(appointment, known, now), *_reminders(appointment)]


def _news(appointment: Appointment, known: Heard, now: datetime) -> list[Telling]:
    """None, where it is back at the time that she knows, or starts before she could be told."""
    send_at = known.news_at or now
    if known.of_this or send_at >= appointment.starts_at:
        return []
    letter = _letter(appointment, MOVED if known.of_another else CONFIRMATION)
    return [_telling(appointment, Kind.CONFIRMATION, letter, send_at, appointment.starts_at)]


def _reminders(appointment: Appointment) -> list[Telling]:
    letter, tellings = _letter(appointment, REMINDER), []
    for before in REMINDERS:
        send_at = remind_at(appointment.starts_at, before, appointment.patient.zone, QuietHours(*settings.QUIET_HOURS))
        expires_at = min(send_at + timedelta(hours=24), appointment.starts_at)
        tellings.append(_telling(appointment, Kind.REMINDER, letter, send_at, expires_at, f"-{before // timedelta(hours=1)}h"))
    return tellings


def _is_ahead(telling: Telling, known: Heard, now: datetime) -> bool:
    """Nothing goes out before the news does. Back at the time that she knows, what fell due meanwhile and was taken back is ahead still."""
    if telling.kind is not Kind.REMINDER:
        return True
    since = known.left_at if known.of_this else known.news_at
    return telling.send_at > (since or now) and telling.expires_at > now


def _now_at_the_earliest(telling: Telling, now: datetime) -> Telling:
    return replace(telling, send_at=now, due_at=telling.send_at) if telling.send_at < now else telling


def _telling(appointment: Appointment, kind: Kind, letter: Letter, send_at: datetime, expires_at: datetime, suffix: str = "") -> Telling:
    return Telling(f"{key_of(appointment)}{kind}{suffix}", kind, "sms", send_at, expires_at, letter)


def _letter(appointment: Appointment, text: Text, starts_at: datetime | None = None, location: Location | None = None) -> Letter:
    """Of the time that it has, unless another is named."""
    language, where = appointment.patient.language, location or appointment.location
    values = values_for(appointment.patient, where) | day_and_time(starts_at or appointment.starts_at, where.zone, language)
    if appointment.confirmed_at:
        text = CONFIRMED_ALREADY.get(text, text)
    elif appointment.move_requested_at:
        text = ASKED_TO_MOVE.get(text, text)
    return render(text, language, values, frame="booking")
