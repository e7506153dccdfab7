"""Running plans follow a newer version of their protocol, because somebody says so."""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from aftercare.domain.reasons import UNREACHABLE
from aftercare.errors import CantMoveOver
from aftercare.models import CareMessage, Plan, Protocol
from aftercare.services.changes.lines import queued, unreached, waiting
from aftercare.services.changes.renewing import renewals
from aftercare.services.telling.consent import hold_alone
from aftercare.services.telling.taking_back import take_back
from aftercare.services.telling.tellings import Telling, tell
from notifications.domain.states import MessageStatus
from scheduling.services import all_or_nothing

logger = logging.getLogger(__name__)

AT_MOST = timedelta(seconds=15)  # somebody waits for the page


@dataclass(frozen=True, slots=True)
class MovedOver:
    """`left` plans still follow an older version: their turn comes when it is done once more. Of `failed` patients it couldn't be done."""

    plans: int = 0
    taken_back: int = 0
    planned: int = 0
    left: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class PlanBehind:
    """What moving one plan over would do."""

    plan: Plan
    taken_back: int
    planned: int


def plans_behind(protocol: Protocol, now: datetime) -> QuerySet[Plan]:
    """Running plans of older versions, of which something lies ahead."""
    lines = CareMessage.objects.filter(plan=OuterRef("pk"), stand_in=None)
    ahead = lines.filter(Q(message__status=MessageStatus.SCHEDULED.value) | Q(reason__in=UNREACHABLE, planned_for__gt=now))
    older = Plan.objects.filter(stopped_at=None, protocol__slug=protocol.slug, protocol__version__lt=protocol.version)
    return older.filter(Exists(ahead)).order_by("pk")


def move_over(protocol: Protocol, *, by: User | None, now: datetime, within: timedelta = AT_MOST) -> MovedOver:
    """What is queued of older versions' running plans is taken back, and planned anew from this one. Raises CantMoveOver.

    By its step and number a message stays the same: what was told isn't told again, and what by the new times should have been told
    before `now` isn't told any more. What was sent stays. Each patient in a transaction of her own, so that nobody waits long for
    a lock, and what fails with one stops no other; after `within` it stops, and says how many are left. Done twice, or by two at once,
    each plan is moved once.
    """
    _require_newest(protocol)
    prefetch_related_objects([protocol], "steps__texts")
    ends_at = time.monotonic() + within.total_seconds()
    plans = taken_back = planned = 0
    failed: list[int] = []
    patients = list(dict.fromkeys(plans_behind(protocol, now).values_list("appointment__patient", flat=True)))
    for pk in patients:
        try:
            moved = _move_hers(pk, protocol, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.error("The plans of patient %s couldn't be moved over: %s", pk, type(error).__name__)
            failed.append(pk)
            moved = MovedOver()
        plans, taken_back, planned = plans + moved.plans, taken_back + moved.taken_back, planned + moved.planned
        if time.monotonic() > ends_at:
            break
    left = plans_behind(protocol, now).exclude(appointment__patient__in=failed).count()
    return MovedOver(plans, taken_back, planned, left=left, failed=len(failed))


@all_or_nothing
def _move_hers(patient_pk: int, protocol: Protocol, now: datetime) -> MovedOver:
    patient = hold_alone(patient_pk)
    behind = plans_behind(protocol, now).filter(appointment__patient=patient)
    plans = [plan.pk for plan in behind.select_for_update(of=("self",), no_key=True)]
    if not plans:  # somebody else was faster
        return MovedOver()
    lines = queued(plan__in=plans)
    taken_back = take_back(reason=f"the plan follows version {protocol.version} now", pk__in=[line.pk for line in lines])
    Plan.objects.filter(pk__in=plans).update(protocol=protocol)
    planned = 0
    for (appointment, plan), renewed in _renewed([*lines, *unreached(plan__in=plans)], protocol, now):
        written = tell(patient, renewed, appointment=appointment, plan=plan, now=now)
        planned += sum(line.draft is not None for line in written)
    return MovedOver(len(plans), taken_back, planned)


def foresee_move_over(plans: Iterable[Plan], protocol: Protocol, now: datetime) -> list[PlanBehind]:
    """What it would do to these plans, without doing it: messages that would be taken back, and planned anew."""
    _require_newest(protocol)
    prefetch_related_objects([protocol], "steps__texts")
    named = {plan.pk: plan for plan in plans}
    lines = waiting(plan__in=list(named))
    taken_back = {pk: sum(line.plan_id == pk for line in lines) for pk in named}
    planned = dict.fromkeys(named, 0)
    for (_appointment, plan), renewed in _renewed(lines, protocol, now):
        planned[plan.pk] = len(renewed)
    return [PlanBehind(plan, taken_back[pk], planned[pk]) for pk, plan in named.items()]


def _renewed(lines: list[CareMessage], protocol: Protocol, now: datetime) -> Iterable[tuple[tuple, list[Telling]]]:
    for line in lines:
        if line.plan:
            line.plan.protocol = protocol
    return renewals(lines, now, only_ahead=True)


def _require_newest(protocol: Protocol) -> None:
    if protocol.published_at is None:
        raise CantMoveOver("Publish this version first: then plans can follow it.")
    if protocol.retired_at is not None:
        raise CantMoveOver("This version is out of use, so no plan can follow it.")
    newer = (
        Protocol.objects.filter(slug=protocol.slug, version__gt=protocol.version).exclude(published_at=None).order_by("-version").first()
    )
    if newer:
        raise CantMoveOver(f"Version {newer.version} is newer: move the plans over to that one.")
