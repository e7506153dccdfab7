"""The aftercare plan of a completed session."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from aftercare.domain import protocol as domain
from aftercare.domain.expansion import Planned, caught_up, expand
from aftercare.domain.protocol import Kind
from aftercare.domain.reasons import ALREADY_TOLD
from aftercare.domain.timeline import Weeks, weeks_after
from aftercare.models import Plan, Protocol
from aftercare.services.plans.told import told_before, was_told
from aftercare.services.protocols.loading import protocol_for
from aftercare.services.telling.ledger import next_plan_number
from aftercare.services.telling.tellings import Telling, tell, values_for
from aftercare.wording import Letter, letter
from notifications.domain.quiet import QuietHours
from scheduling.domain.states import Status
from scheduling.models import Appointment, Patient, Product

TOO_LATE = "its time had passed when the session was marked completed"
SPOKEN = "told at the clinic: the session ended in the patient's quiet hours"
NEXT_SESSION = "the next session took place"
REOPENED = "the session was reopened"


def start_plan(
    appointment: Appointment,
    *,
    product: Product | None = None,
    protocol: Protocol | None = None,
    too_late: str = TOO_LATE,
    is_again: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Plan everything that follows the session, counted from its actual end (F16, F17). The appointment is fulfilled.

    `product` is what goes on the skin, and is named in the texts. Without a `protocol` it is the treatment's. What an earlier plan of
    this session has told isn't told again. Where the next session of the same skin took place already, the plan has ended as it starts;
    nor does completing a session once more undo what somebody has stopped: that takes `is_again`, which says that somebody wants it to run.

    The plan, its messages and their lines in the ledger are written in one statement. Requires a transaction.
    """
    if appointment.completed_at is None:
        raise ValueError("an aftercare plan starts when its session is completed")
    now = now or timezone.now()
    protocol = protocol or protocol_for(appointment.course.treatment)
    plan = Plan(pk=next_plan_number(), appointment=appointment, protocol=protocol, product=product, completed_at=appointment.completed_at)
    stopped = None if is_again else stopped_by_hand(appointment)
    over = _over(appointment, stopped)
    tell(appointment.patient, as_of(tellings_of_plan(plan), now, too_late, over), appointment=appointment, plan=plan, now=now)
    if stopped:
        plan.stopped_at, plan.stopped_by, plan.stop_reason = stopped.stopped_at, stopped.stopped_by, stopped.stop_reason
    elif over:
        plan.stopped_at, plan.stop_reason = now, over
    if over:
        plan.save(update_fields=["stopped_at", "stopped_by", "stop_reason"])
    return plan


def stopped_by_hand(appointment: Appointment) -> Plan | None:
    """The session's last plan, where somebody has stopped it and nobody has started it again."""
    last = Plan.objects.filter(appointment=appointment).select_related("stopped_by").order_by("-pk").first()
    return last if last and last.stopped_at and last.stop_reason not in (NEXT_SESSION, REOPENED) else None


def _over(appointment: Appointment, stopped: Plan | None) -> str:
    """Why nothing more goes out; "" where it does."""
    return stopped.stop_reason if stopped else NEXT_SESSION if is_overtaken(appointment) else ""


def is_overtaken(appointment: Appointment) -> bool:
    """Whether a later session of the same skin took place already."""
    return same_skin(appointment).filter(status=Status.FULFILLED, during__startswith__gt=appointment.starts_at).exists()


def same_skin(appointment: Appointment) -> QuerySet[Appointment]:
    """Her other appointments for it."""
    of_hers = Appointment.objects.filter(patient=appointment.patient_id, skin_area=appointment.skin_area)
    return of_hers.exclude(pk=appointment.pk)


def tellings_of_new(plan: Plan, now: datetime, too_late: str = TOO_LATE) -> list[Telling]:
    """As `tellings_of_plan`, at its start. Of what lies before `now` only what is still of use goes out, and nothing of what somebody has
    stopped, or once the next session took place."""
    return as_of(tellings_of_plan(plan), now, too_late, _over(plan.appointment, stopped_by_hand(plan.appointment)))


def as_of(tellings: Iterable[Telling], now: datetime, too_late: str = TOO_LATE, over: str = "") -> list[Telling]:
    """Of a plan that starts `now`, in order of time. `over` says why nothing more goes out."""
    told = list(tellings)
    goes_at = caught_up((telling.planned for telling in told if telling.planned and not telling.reason), now)
    return sorted((_as_of(telling, goes_at, now, too_late, over) for telling in told), key=lambda telling: telling.send_at)


def _as_of(telling: Telling, goes_at: dict[str, datetime], now: datetime, too_late: str, over: str) -> Telling:
    planned = telling.planned
    if telling.reason == SPOKEN and telling.expires_at <= now:
        return replace(telling, reason=too_late)  # that night is over, and nobody can have told her by this page
    if telling.reason or planned is None:
        return telling
    at = goes_at.get(planned.key)
    return replace(telling, send_at=at, reason=over) if at else replace(telling, reason=too_late)


def doses_missed(telling: Telling, reason: str, now: datetime) -> list[datetime]:
    """Of a plan at its start, the doses that this message stands for and whose times have passed untold. `reason` is why it doesn't go."""
    planned = telling.planned
    if planned is None or telling.kind is not Kind.DOSE or reason not in (SPOKEN, TOO_LATE):
        return []
    return [dose for dose in planned.folded or (planned.send_at,) if dose <= now]


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
    told = told_before(plan)
    return [
        replace(telling, reason=ALREADY_TOLD) if not telling.reason and telling.planned and was_told(telling.planned, told) else telling
        for telling in tellings_of_first(plan)
    ]


def tellings_of_first(plan: Plan, protocol: domain.Protocol | None = None) -> list[Telling]:
    """As `tellings_of_plan`, of a session that no plan was made for before. It looks nothing up but what hangs on the plan.

    `protocol` stands in for the plan's own, where that is being written.
    """
    appointment, patient = plan.appointment, plan.appointment.patient
    quiet = QuietHours(*settings.QUIET_HOURS) if patient.wants_quiet_nights else None
    values = values_for(patient, appointment.location, plan.product)
    planned = expand(protocol or plan.protocol.as_domain(), plan.completed_at, patient.time_zone, quiet)
    next_session = (appointment.minimum_interval_days, appointment.course.treatment.recommended_within_days)
    weeks = weeks_after(planned, plan.completed_at, patient.zone, next_session=next_session)
    return [
        Telling(
            key=f"plan-{plan.pk}-{message.key}",
            kind=message.step.kind,
            channel=message.step.channel,
            send_at=message.send_at,
            expires_at=message.expires_at,
            letter=_once_asked_for(message, patient, values, weeks),
            # A patient who agreed to night texts gets the first day's doses at any hour.
            keeps_quiet_hours=bool(quiet or message.step.at or message.step.kind is not Kind.DOSE),
            planned=message,
            reason=SPOKEN if message.is_spoken else "",
        )
        for message in planned
    ]


def _once_asked_for(message: Planned, patient: Patient, values: dict[str, str], weeks: Weeks) -> Letter:
    """Of a plan that is changed half-way most letters are never read, and writing them is most of the work."""
    return cast(Letter, SimpleLazyObject(partial(letter, message, patient.language, patient.zone, values, weeks)))
