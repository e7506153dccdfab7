"""All that is on one phone, in order of time: texts and emails out of the ledger, what was written back, and what answers that at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.services.telling.consent import address_of, patients_at
from clinic.demo.writing import answer_to, replies_from
from notifications.domain.states import TAKEN
from scheduling.models import Patient

IS_NEW_FOR = timedelta(seconds=12)
PLANNED, SENT, ANSWERED = "planned for", "sent", "answered"


@dataclass(frozen=True)
class Arrival:
    """A text or an email on a phone, or a text written there. A message's time is that of the plan, in the patient's time zone."""

    key: str
    at: datetime  # when it came or went, by the clock on the wall
    shown_at: datetime
    how: str
    text: str
    is_new: bool
    is_text: bool = True
    is_own: bool = False
    sender: str = ""
    subject: str = ""
    email_id: int | None = None  # of an email that has a designed version
    day: str = ""  # where it is another one than that of what stands before it

    @property
    def time(self) -> str:
        return date_format(self.shown_at, "D g:i A")


def thread(patient: Patient, now: datetime) -> list[Arrival]:
    """Oldest first. Who shares the number shares its texts, and what is written back."""
    number = address_of(patient, "sms")
    on_it = Q(patient=patient)
    if number:
        on_it |= Q(patient__in=patients_at("sms", number), channel="sms", message__address=number)
    lines = arrived().filter(on_it).order_by("message__accepted_at", "planned_for", "pk")
    everything = [*(_written_on(patient, number, now) if number else ()), *arrivals(lines, now)]
    return list(_with_days(sorted(everything, key=lambda arrival: arrival.at)))


def arrived() -> QuerySet[CareMessage]:
    lines = CareMessage.objects.filter(message__status__in=TAKEN, patient__erased_at=None)  # of whom the words are gone
    return lines.select_related("message", "patient", "appointment__location")


def arrivals(lines: Iterable[CareMessage], now: datetime) -> Iterator[Arrival]:
    for line in lines:
        message = line.message
        if message is None or message.accepted_at is None:
            continue
        yield Arrival(
            key=f"message-{message.pk}",
            at=message.accepted_at,
            shown_at=planned(line),
            how=ANSWERED if line.kind == Kind.REPLY else PLANNED,
            text=message.body,
            is_new=now - message.accepted_at < IS_NEW_FOR,
            is_text=message.channel == "sms",
            sender=sender(line),
            subject=message.subject,
            email_id=message.pk if message.html else None,
        )


def planned(line: CareMessage) -> datetime:
    return timezone.localtime(line.planned_for, line.zone)


def sender(line: CareMessage) -> str:
    return line.appointment.location.name if line.appointment else "Your clinic"


def _written_on(patient: Patient, number: str, now: datetime) -> Iterator[Arrival]:
    for reply in replies_from(number):
        at = timezone.localtime(reply.received_at, patient.zone)
        own = Arrival(f"reply-{reply.pk}", reply.received_at, at, SENT, reply.body, now - reply.received_at < IS_NEW_FOR, is_own=True)
        yield own
        if answer := answer_to(reply):
            yield replace(own, key=f"answer-{reply.pk}", how=ANSWERED, text=answer, is_own=False)


def _with_days(in_order: Iterable[Arrival]) -> Iterator[Arrival]:
    """Hours that were skipped put the plan ahead of the clock: what is written then stays under the day that the plan has come to."""
    day: date | None = None
    for arrival in in_order:
        own_day = arrival.shown_at.date()
        if arrival.how != PLANNED and day:
            own_day = max(day, own_day)
        yield arrival if own_day == day else replace(arrival, day=date_format(own_day, "l, F j"))
        day = own_day
