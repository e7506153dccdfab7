"""What the patients' phones show: read from the ledger and the outbox, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from aftercare.models import CareMessage
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

ON_THE_PHONE = (MessageStatus.ACCEPTED.value, MessageStatus.DELIVERED.value)
MOST_PHONES = 12
LOOK_BACK = 600  # messages, to find that many phones
COMING_NEXT = 6
IS_NEW_FOR = timedelta(seconds=12)


@dataclass(frozen=True)
class Arrival:
    """One message on a phone, a text or an email. Times are those of the plan, in the patient's time zone."""

    id: int
    is_text: bool
    sender: str
    subject: str
    text: str
    has_html: bool
    planned: str
    day: str  # of the plan, where it is another one than the message before it
    is_new: bool


@dataclass(frozen=True)
class Phone:
    patient: Patient
    sender: str
    latest: list[Arrival]  # oldest first

    @property
    def last(self) -> Arrival:
        return self.latest[-1]


@dataclass(frozen=True)
class Coming:
    id: int
    kind: str
    channel: str
    planned: str
    arrives: str


def phones(now: datetime) -> list[Phone]:
    """Those with the newest messages, each with its last two."""
    newest = _arrived().order_by("-message__accepted_at", "-planned_for", "-pk").values_list("patient_id", "pk")[:LOOK_BACK]
    found: dict[int, list[int]] = {}
    for patient_id, line_id in newest:
        if patient_id in found or len(found) < MOST_PHONES:
            found.setdefault(patient_id, []).insert(0, line_id)
    lines = _arrived().in_bulk([line_id for line_ids in found.values() for line_id in line_ids[-2:]])
    return [_phone([lines[line_id] for line_id in line_ids[-2:]], now) for line_ids in found.values()]


def _phone(lines: list[CareMessage], now: datetime) -> Phone:
    return Phone(lines[-1].patient, _sender(lines[-1]), _arrivals(lines, now))


def thread(patient: Patient, now: datetime) -> list[Arrival]:
    """Everything on one phone, oldest first."""
    return _arrivals(_arrived().filter(patient=patient).order_by("message__accepted_at", "planned_for", "pk"), now)


def coming_next(patient: Patient, now: datetime) -> list[Coming]:
    lines = CareMessage.objects.filter(patient=patient, message__status=MessageStatus.SCHEDULED.value).select_related("message", "patient")
    return [
        Coming(
            line.pk,
            line.get_kind_display().capitalize(),
            line.get_channel_display(),
            date_format(_planned(line), "D, M j, g:i A"),
            _until(line.message.send_at - now) if line.message else "",
        )
        for line in lines.order_by("message__send_at", "pk")[:COMING_NEXT]
    ]


def _arrived() -> QuerySet[CareMessage]:
    lines = CareMessage.objects.filter(message__status__in=ON_THE_PHONE)
    return lines.select_related("message", "patient", "appointment__location")


def _arrivals(lines: Iterable[CareMessage], now: datetime) -> list[Arrival]:
    arrivals = []
    for day, of_the_day in groupby(lines, key=lambda line: _planned(line).date()):
        heading = date_format(day, "l, F j")
        for line in of_the_day:
            message = line.message
            if message is None or message.accepted_at is None:
                continue
            arrivals.append(
                Arrival(
                    id=message.pk,
                    is_text=message.channel == "sms",
                    sender=_sender(line),
                    subject=message.subject,
                    text=message.body,
                    has_html=bool(message.html),
                    planned=date_format(_planned(line), "D g:i A"),
                    day=heading,
                    is_new=now - message.accepted_at < IS_NEW_FOR,
                )
            )
            heading = ""
    return arrivals


def _planned(line: CareMessage) -> datetime:
    return timezone.localtime(line.planned_for, line.patient.zone)


def _sender(line: CareMessage) -> str:
    return line.appointment.location.name if line.appointment else "Your clinic"


def _until(span: timedelta) -> str:
    """Whole minutes; a minute from now and less is “any moment”."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "any moment"
    hours, minutes = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return "in " + ngettext("%d day", "%d days", days) % days + (f" {hours_left} h" if hours_left else "")
    return "in " + " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
