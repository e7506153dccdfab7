"""The aftercare plan of a completed session."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aftercare.domain.expansion import Planned, expand
from aftercare.domain.protocol import Kind
from aftercare.models import Plan
from aftercare.services.consent import hold
from aftercare.services.ledger import next_plan_number
from aftercare.services.protocols import protocol_for
from aftercare.services.taking_back import take_back
from aftercare.services.telling import Telling, tell, values_of
from aftercare.wording import letter
from notifications.domain.quiet import QuietHours
from scheduling.models import Appointment, Product

TOO_LATE = "its time had passed when the session was marked completed"
SPOKEN = "told at the clinic: the session ended in her quiet hours"


@transaction.atomic
def tell_of_completion(appointment: Appointment, *, product: Product | None = None, now: datetime) -> None:
    """Nothing more about the booking; from now on it is the plan's turn."""
    hold(appointment.patient)
    take_back(reason="the session is completed", appointment=appointment)
    start_plan(appointment, product=product, now=now)


def start_plan(appointment: Appointment, *, product: Product | None = None, now: datetime | None = None) -> Plan:
    """Plan everything that follows the session, counted from its actual end (F16, F17). The appointment is fulfilled.

    `product` is what goes on the skin, and is named in the texts.

    The plan, its messages and their lines in the ledger are written in one statement.
    """
    if appointment.completed_at is None:
        raise ValueError("an aftercare plan starts when its session is completed")
    now = now or timezone.now()
    protocol = protocol_for(appointment.course.treatment)
    plan = Plan(pk=next_plan_number(), appointment=appointment, protocol=protocol, product=product, completed_at=appointment.completed_at)
    tell(appointment.patient, tellings_of_new(plan, now), appointment=appointment, plan=plan, now=now)
    return plan


def tellings_of_new(plan: Plan, now: datetime) -> list[Telling]:
    """As `tellings_of_plan`, at its start. Where the session was marked completed late, what lies before `now` isn't to go out."""
    return [_as_of(telling, now) for telling in tellings_of_plan(plan)]


def _as_of(telling: Telling, now: datetime) -> Telling:
    planned = telling.planned
    if telling.reason or planned is None:
        return telling
    return replace(telling, reason=TOO_LATE) if planned.is_past(now) else replace(telling, send_at=max(telling.send_at, now))


def untold_night(tellings: Iterable[Telling], now: datetime) -> Planned | None:
    """Of a plan at its start, the night that no message comes before, with its doses that are still ahead: somebody has to tell her.

    The session ended in her quiet hours, or was marked completed when they had begun.
    """
    for telling in tellings:
        night = telling.planned
        ahead = tuple(dose for dose in night.folded if dose > now) if night else ()
        if night and ahead and telling.reason in (SPOKEN, TOO_LATE):
            return replace(night, folded=ahead)
    return None


def tellings_of_plan(plan: Plan) -> list[Telling]:
    """Everything that the plan tells her, in order of time, as her language, her time zone and her nights are now."""
    appointment, patient = plan.appointment, plan.appointment.patient
    quiet = QuietHours(*settings.QUIET_HOURS) if patient.wants_quiet_nights else None
    values = values_of(appointment.location, patient.language, plan.product)
    return [
        Telling(
            key=f"plan-{plan.pk}-{message.key}",
            kind=message.step.kind,
            channel=message.step.channel,
            send_at=message.send_at,
            expires_at=message.expires_at,
            letter=letter(message, patient.language, patient.zone, values),
            # A patient who agreed to night texts gets the first day's doses at any hour.
            reason=SPOKEN if message.is_spoken else "",
            keeps_quiet_hours=bool(quiet or message.step.at or message.step.kind is not Kind.DOSE),
            planned=message,
        )
        for message in expand(plan.protocol.as_domain(), plan.completed_at, patient.time_zone, quiet)
    ]


@transaction.atomic
def stop_plan(appointment: Appointment, *, reason: str, now: datetime | None = None) -> int:
    """Stop the session's running plan. What was sent stays in the ledger; says how many messages were taken back."""
    plans = Plan.objects.select_for_update(no_key=True).filter(appointment=appointment, stopped_at=None)
    plans.update(stopped_at=now or timezone.now(), stop_reason=reason)
    return take_back(reason=reason, appointment=appointment, plan__isnull=False)
