"""The ledger's lines that a change is about, with whom and what they belong to, and what their owners tell as they are now."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Prefetch

from aftercare.domain.reasons import NOT_BY_EMAIL_EITHER, UNREACHABLE
from aftercare.models import CareMessage, Plan
from aftercare.services.bookings.appointments import tellings_of_booking
from aftercare.services.plans.starting import tellings_of_plan
from aftercare.services.telling.tellings import Telling
from notifications.domain.deciding import ASK_HER
from notifications.domain.states import NOT_OVER, MessageStatus
from scheduling.models import Appointment

Owner = tuple[Appointment | None, Plan | None]


def queued(*, also: Sequence[MessageStatus] = (), **about: Any) -> list[Any]:
    """The lines that wait to be sent, in the order of their messages. Requires a transaction.

    They are locked, so that no worker claims them meanwhile, and those under way with them: in one order, or two might wait for each other.
    """
    wanted = {MessageStatus.SCHEDULED, *also}
    lines = with_owners().filter(**about, message__status__in=NOT_OVER | wanted, stand_in=None)
    locked = lines.select_for_update(of=("message",)).order_by("message_id")
    return [line for line in locked if line.message and line.message.status in wanted]


def waiting(**about: Any) -> list[Any]:
    """The same lines, for whoever only looks."""
    return list(with_owners().filter(**about, message__status=MessageStatus.SCHEDULED, stand_in=None))


def unreached(**about: Any) -> list[Any]:
    """Those of running plans that wait for her to be reachable: for her consent, or an address. Their times follow her, too."""
    return list(with_owners().filter(**about, plan__isnull=False, plan__stopped_at=None, reason__in=UNREACHABLE, stand_in=None))


def undelivered(now: datetime, **about: Any) -> Any:
    """Texts that certainly didn't arrive and may be of use still. Nobody has seen to them yet, nor is it said why they don't go by email.

    One that may have arrived is none of them: somebody asks her.
    """
    failed = [MessageStatus.UNDELIVERED, MessageStatus.FAILED]
    lines = with_owners().filter(**about, channel="sms", message__status__in=failed, message__expires_at__gt=now)
    lines = lines.filter(plan__stopped_at=None, stand_in=None, dealt_with_at=None).exclude(plan=None, appointment=None)
    return lines.exclude(message__reason=ASK_HER).exclude(reason__in=[*UNREACHABLE, *NOT_BY_EMAIL_EITHER]).order_by("pk")


def with_owners() -> Any:
    """Each owner is read once: there are dozens of lines of one plan."""
    plans = Plan.objects.select_related(
        "protocol", "appointment__location", "appointment__patient", "appointment__course__treatment", "product"
    )
    appointments = Appointment.objects.select_related("location", "patient")
    owners = ("patient", Prefetch("appointment", appointments), Prefetch("plan", plans))
    return CareMessage.objects.select_related("message").prefetch_related(*owners)


def by_owner(lines: Iterable[CareMessage]) -> Iterator[tuple[Owner, list[CareMessage]]]:
    """The lines of one plan, or of one appointment, together; in order of time."""
    in_order = sorted(lines, key=lambda line: (line.plan_id or 0, line.appointment_id or 0, line.planned_for, line.pk))
    for _, group in groupby(in_order, key=lambda line: (line.plan_id, line.appointment_id)):
        of_owner = list(group)
        yield (of_owner[0].appointment, of_owner[0].plan), of_owner


def tellings_of(appointment: Appointment | None, plan: Plan | None, now: datetime) -> list[Telling]:
    """What its owner tells now: nothing for a plan that was stopped, other messages for an appointment that was moved."""
    if plan:
        return [] if plan.stopped_at else tellings_of_plan(plan)
    return tellings_of_booking(appointment, now) if appointment else []
