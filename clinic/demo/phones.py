"""The phones with the newest messages, and what comes next on one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import ngettext

from aftercare.models import CareMessage
from clinic.demo.threads import Arrival, arrivals, arrived, planned, sender
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

MOST_PHONES = 12
LOOK_BACK = 600  # messages, to find that many phones
COMING_NEXT = 6


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
    way: str  # the channel; with the reason, where it isn't the plan's
    planned: str
    arrives: str


def phones(now: datetime) -> list[Phone]:
    """Those with the newest messages, each with its last two."""
    newest = arrived().order_by("-message__accepted_at", "-planned_for", "-pk").values_list("patient_id", "pk")[:LOOK_BACK]
    found: dict[int, list[int]] = {}
    for patient_id, line_id in newest:
        if patient_id in found or len(found) < MOST_PHONES:
            found.setdefault(patient_id, []).insert(0, line_id)
    lines = arrived().in_bulk([line_id for line_ids in found.values() for line_id in line_ids[-2:]])
    return [_phone([lines[line_id] for line_id in line_ids[-2:]], now) for line_ids in found.values()]


def _phone(lines: list[Any], now: datetime) -> Phone:
    return Phone(lines[-1].patient, sender(lines[-1]), list(arrivals(lines, now)))


def coming_next(patient: Patient, now: datetime) -> list[Coming]:
    lines = CareMessage.objects.filter(patient=patient, message__status=MessageStatus.SCHEDULED.value).select_related("message", "patient")
    return [
        Coming(
            line.pk,
            line.get_kind_display().capitalize(),
            line.reason or line.get_channel_display(),
            date_format(planned(line), "D, M j, g:i A"),
            _until(line.message.send_at - now) if line.message else "",
        )
        for line in lines.order_by("message__send_at", "pk")[:COMING_NEXT]
    ]


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
