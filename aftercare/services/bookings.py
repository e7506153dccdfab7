"""What a patient is told about an appointment. It changes in the transaction that changes the appointment."""

from datetime import datetime, timedelta

from django.conf import settings

from aftercare.domain.protocol import Kind, Text
from aftercare.domain.reminders import REMINDERS, remind_at
from aftercare.models import CareMessage
from aftercare.services.consent import hold, why_unreachable
from aftercare.services.limits import IN_VAIN
from aftercare.services.taking_back import take_back
from aftercare.services.telling import Telling, tell, values_of
from aftercare.wording import CANCELLATION, CONFIRMATION, MOVED, REMINDER, Letter, day_and_time, render
from notifications.domain.quiet import QuietHours
from notifications.domain.states import MessageStatus
from scheduling.domain.states import COMING, Status
from scheduling.models import Appointment, Location

# Reached her, or may have.
WENT_OUT = [status.value for status in MessageStatus if status not in (MessageStatus.SCHEDULED, *IN_VAIN)]
ITS_TIME_HAS_PASSED = "its time has passed"
NEVER_HEARD = "the confirmation hadn't gone out"


def tell_of_booking(appointment: Appointment, *, now: datetime) -> None:
    """Confirm it at once, remind of it 48 and 3 hours before."""
    hold(appointment.patient)
    _tell_of_its_time(appointment, now)


def tell_of_move(appointment: Appointment, *, previous_starts_at: datetime, previous_location: Location, now: datetime) -> None:
    """The old time's messages go; the new time gets its own. Another room or practitioner at the same time is no news."""
    if (appointment.starts_at, appointment.location) == (previous_starts_at, previous_location):
        return
    hold(appointment.patient)
    take_back(reason="the appointment was moved", appointment=appointment)
    _tell_of_its_time(appointment, now)


def tell_of_cancellation(appointment: Appointment, *, now: datetime) -> None:
    """Queued messages go. She is told, unless she never heard of the appointment or it is over."""
    hold(appointment.patient)
    take_back(appointment=appointment, reason=f"the appointment is {appointment.get_status_display()}")
    if appointment.status == Status.CANCELLED and _heard_of(appointment) and appointment.starts_at > now:
        tell(appointment.patient, tellings_of_booking(appointment, now), appointment=appointment, now=now)


def why_not_called_off(appointment: Appointment, now: datetime) -> str:
    """Why she isn't told that it is cancelled; "" where she is."""
    if appointment.starts_at <= now:
        return ITS_TIME_HAS_PASSED
    return why_unreachable(appointment.patient) or ("" if _heard_of(appointment) else NEVER_HEARD)


def tellings_of_booking(appointment: Appointment, now: datetime) -> list[Telling]:
    """What there is to tell of it as it stands: its time and its reminders, past ones too, or that it is cancelled."""
    if appointment.starts_at <= now:  # a walk-in is here; the others have been, or haven't
        return []
    if appointment.status == Status.CANCELLED:
        return [_telling(appointment, Kind.CANCELLATION, _letter(appointment, CANCELLATION), now, appointment.starts_at)]
    if appointment.status not in COMING:
        return []
    news = _letter(appointment, MOVED if _heard_of_another_time(appointment) else CONFIRMATION)
    tellings = [_telling(appointment, Kind.CONFIRMATION, news, now, appointment.starts_at)]
    reminder = _letter(appointment, REMINDER)
    for before in REMINDERS:
        send_at = remind_at(appointment.starts_at, before, appointment.patient.zone, QuietHours(*settings.QUIET_HOURS))
        expires_at = min(send_at + timedelta(hours=24), appointment.starts_at)
        tellings.append(_telling(appointment, Kind.REMINDER, reminder, send_at, expires_at, f"-{before // timedelta(hours=1)}h"))
    return tellings


def _tell_of_its_time(appointment: Appointment, now: datetime) -> None:
    tellings = tellings_of_booking(appointment, now)
    ahead = [telling for telling in tellings if telling.kind is not Kind.REMINDER or telling.send_at > now]
    if ahead:
        tell(appointment.patient, ahead, appointment=appointment, now=now)


def _telling(appointment: Appointment, kind: Kind, letter: Letter, send_at: datetime, expires_at: datetime, suffix: str = "") -> Telling:
    return Telling(f"{_key(appointment)}{kind}{suffix}", kind, "sms", send_at, expires_at, letter)


def _key(appointment: Appointment) -> str:
    """What all that is told of the time that it has now begins with."""
    return f"appointment-{appointment.pk}-{appointment.revision}-"


def _heard_of(appointment: Appointment) -> bool:
    return CareMessage.objects.filter(appointment=appointment, message__status__in=WENT_OUT).exists()


def _heard_of_another_time(appointment: Appointment) -> bool:
    """Of one that it was moved from: what never left is no news to take back."""
    if not appointment.revision:
        return False
    went_out = CareMessage.objects.filter(appointment=appointment, message__status__in=WENT_OUT)
    return went_out.exclude(key__startswith=_key(appointment)).exists()


def _letter(appointment: Appointment, text: Text) -> Letter:
    language = appointment.patient.language
    values = values_of(appointment.location, language) | day_and_time(appointment.starts_at, appointment.zone, language)
    return render(text, language, values)
