"""When recalls go out by themselves, as the clinic's manager wants it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateField, DateTimeField, Exists, ExpressionWrapper, F, Func, OuterRef, Q, Value
from django.db.models.functions import Cast
from django.utils import timezone

from aftercare.domain.recalls import LATE_DAYS, STEPS, Policy, next_at
from aftercare.services.recalls.candidates import Candidate, candidates
from scheduling.domain.cadence import Stage
from scheduling.domain.outcomes import Outcome
from scheduling.models import RecallAction, RecallPolicy


def recall_policy() -> RecallPolicy:
    """As it is, or, where nobody has set it yet, as it is to begin with: off."""
    return RecallPolicy.objects.filter(pk=1).first() or RecallPolicy(pk=1)


@transaction.atomic
def set_recall_policy(wanted: Mapping[str, Any], *, now: datetime) -> RecallPolicy:
    """Switched on, or given other days, it begins today: what would have gone before isn't made up for.

    Switched off, it takes back what it wanted, and was to be told in the morning, as if that had never been. What is being told just
    now goes.
    """
    policy = RecallPolicy.objects.select_for_update().filter(pk=1).first() or RecallPolicy(pk=1)
    was = policy.is_on, policy.days_before, policy.weeks_after
    for name, value in wanted.items():
        setattr(policy, name, value)
    if policy.is_on and was != (policy.is_on, policy.days_before, policy.weeks_after):
        policy.since = timezone.localdate(now)
    policy.save()
    if not policy.is_on:
        waiting = RecallAction.objects.select_for_update(skip_locked=True).filter(outcome=Outcome.WAITING).exclude(step=None)
        RecallAction.objects.filter(pk__in=[action.pk for action in waiting]).delete()
    return policy


def as_domain(policy: RecallPolicy, now: datetime) -> Policy:
    days = -policy.days_before, 0, 7 * policy.weeks_after
    return Policy(days, policy.hour, policy.most, policy.since or timezone.localdate(now))


@transaction.atomic
def want_by_policy(now: datetime) -> int:
    """Who is due for a step today, on her own calendar, is told at the policy's hour. Once: whoever was told of that step isn't again.

    What an outage held up for three days goes still, in the next such hour. Says of how many.
    """
    # Held, so that whoever switches it off meanwhile waits, and takes back this, too.
    policy = RecallPolicy.objects.select_for_update(no_key=True).filter(pk=1, is_on=True).first()
    if policy is None:
        return 0
    rules = as_domain(policy, now)
    found = [
        RecallAction(
            session_id=candidate.session,
            patient_id=candidate.patient_id,
            way=candidate.way,
            outcome=Outcome.WAITING.value,
            step=step,
            at=next_at(now, candidate.zone, policy.hour),
        )
        for step, days in zip(STEPS, rules.days, strict=True)
        for candidate in candidates(_near_step(step, days, now), now)
        if _is_due(candidate, step, rules, now)
    ]
    return len(write_down(found))


def write_down(wanted: Iterable[RecallAction]) -> list[RecallAction]:
    """All that aren't wanted already; in one order, or two who want them of the same patients would wait for each other."""
    in_order = sorted(wanted, key=lambda action: action.session_id)
    made: list[RecallAction] = RecallAction.objects.bulk_create(in_order, ignore_conflicts=True, batch_size=1000)
    return made


def _near_step(step: int, days: int, now: datetime) -> Q:
    """Open, and that many days after the day on which they are due, or a little more. The days themselves are what the index walks."""
    today = timezone.localdate(now)
    first, last = today - timedelta(days=days + LATE_DAYS + 1), today - timedelta(days=days - 1)
    her_day = Cast(Func(F("patient__time_zone"), Value(now), function="timezone", output_field=DateTimeField()), DateField())
    latest = ExpressionWrapper(her_day - Value(timedelta(days=days)), output_field=DateTimeField())
    done = Exists(RecallAction.objects.filter(session=OuterRef("recall__last_session"), step=step))
    return Q(stage=Stage.OPEN.value, due_on__range=(first, last), due_on__lte=latest) & ~Q(done)


def _is_due(candidate: Candidate, step: int, rules: Policy, now: datetime) -> bool:
    standing, day = candidate.standing, now.astimezone(candidate.zone).date()
    if rules.step_on(day, standing.due_on) != step or standing.told >= rules.most or rules.is_soon_after(standing.last_told_at, now):
        return False
    return candidate.why_not(next_at(now, candidate.zone, rules.hour)) is None
