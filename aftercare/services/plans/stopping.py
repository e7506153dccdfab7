"""The end of a plan before its time, and a way back."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from aftercare.domain.words import words_in
from aftercare.errors import CantStart, CantStop
from aftercare.models import Plan
from aftercare.services.plans.starting import NEXT_SESSION, is_overtaken, same_skin, start_plan, tellings_of_plan
from aftercare.services.telling.consent import hold_alone
from aftercare.services.telling.taking_back import take_back
from scheduling.domain.states import Status
from scheduling.models import Appointment
from scheduling.services import all_or_nothing

PAST_BY_THEN = "its time had passed when the plan was started again"
LONGEST_REASON = 200  # characters


@transaction.atomic
def stop_plan(appointment: Appointment, *, reason: str, by: User | None = None, now: datetime | None = None) -> int:
    """Stop the session's running plan. What was sent stays in the ledger; says how many messages were taken back.

    What is being sent just now can't be called back, but isn't tried again.
    """
    hold_alone(appointment.patient_id)  # who plans it anew in this moment comes before or after, and finds it stopped
    plans = Plan.objects.select_for_update(no_key=True).filter(appointment=appointment, stopped_at=None)
    plans.update(stopped_at=now or timezone.now(), stopped_by=by, stop_reason=reason)
    return take_back(reason=reason, appointment=appointment, plan__isnull=False)


@all_or_nothing
def stop_by_hand(plan: Plan, *, reason: str, by: User, now: datetime) -> int:
    """A clinician stops it, with a reason of her own. Says how many messages were taken back. Raises CantStop."""
    reason = " ".join(words_in(reason).split())
    if not reason:
        raise CantStop("Say in a few words why the plan is stopped.")
    if len(reason) > LONGEST_REASON:
        raise CantStop(f"Keep the reason to {LONGEST_REASON} characters.")
    hold_alone(plan.appointment.patient_id)
    if not Plan.objects.filter(pk=plan.pk, stopped_at=None).exists():
        raise CantStop("This plan has been stopped already.")
    return stop_plan(plan.appointment, reason=reason, by=by, now=now)


def end_earlier_plans(appointment: Appointment, *, now: datetime) -> None:
    """Her skin has been treated again: what earlier sessions of the same skin still had to say would be read as being about this one, such
    as how it should look four weeks on (F18). Requires a transaction that holds her."""
    plans = earlier_plans(appointment).select_for_update(of=("self",), no_key=True).order_by("pk")
    ended = list(plans.values_list("pk", flat=True))
    if ended:
        Plan.objects.filter(pk__in=ended).update(stopped_at=now, stop_reason=NEXT_SESSION)
        take_back(reason=NEXT_SESSION, plan__in=ended)


def earlier_plans(appointment: Appointment) -> QuerySet[Plan]:
    """The running ones of sessions before this one, of the same skin."""
    before = same_skin(appointment).filter(during__startswith__lt=appointment.starts_at)
    return Plan.objects.filter(stopped_at=None, appointment__in=before)


@all_or_nothing
def start_again(plan: Plan, *, now: datetime) -> Plan:
    """A plan that was stopped: another one says what of it still lies ahead, and nothing that was told. Raises CantStart."""
    hold_alone(plan.appointment.patient_id)
    appointment = Appointment.objects.select_related("course__treatment", "patient", "location").get(pk=plan.appointment_id)
    _require_startable(plan, appointment, now)
    return start_plan(appointment, product=plan.product, protocol=plan.protocol, too_late=PAST_BY_THEN, is_again=True, now=now)


def why_not_again(plan: Plan, now: datetime) -> str:
    """Why a stopped plan can't be started again, in a sentence; "" where it can."""
    try:
        _require_startable(plan, plan.appointment, now)
    except CantStart as refusal:
        return str(refusal)
    return ""


def _require_startable(plan: Plan, appointment: Appointment, now: datetime) -> None:
    if appointment.status != Status.FULFILLED:
        raise CantStart("Its session isn't completed any more: complete it, and a new plan starts.")
    if Plan.objects.filter(appointment=appointment, stopped_at=None).exists():
        raise CantStart("Another plan of this session is running already.")
    if Plan.objects.filter(appointment=appointment, pk__gt=plan.pk).exists():
        raise CantStart("There is a later plan of this session: start that one again.")
    if is_overtaken(appointment):
        raise CantStart("The next session has taken place: its own plan is the one that counts.")
    if not any(telling.send_at > now and not telling.reason for telling in tellings_of_plan(_as_it_would_be(plan, appointment))):
        raise CantStart("Nothing of it lies ahead any more.")


def _as_it_would_be(plan: Plan, appointment: Appointment) -> Plan:
    return Plan(appointment=appointment, protocol=plan.protocol, product=plan.product, completed_at=plan.completed_at)


def start_last_again(reopened: Appointment, *, now: datetime) -> None:
    """A completion that ended an earlier plan was taken back: that plan goes on, where it is the last one of her skin."""
    before = same_skin(reopened).filter(status=Status.FULFILLED).order_by("-during").first()
    last = Plan.objects.filter(appointment=before).order_by("-pk").first() if before else None
    if last is not None and last.stop_reason == NEXT_SESSION and not why_not_again(last, now):
        start_again(last, now=now)
