"""When nobody has acknowledged a concern in time, the next one on call is told; what stays open all the same, somebody is reminded of."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from aftercare.models import Concern
from aftercare.services.concerns.deadlines import clock_from, set_clocks
from aftercare.services.concerns.ladder import has_newcomer
from aftercare.services.concerns.on_call import last_alert_of, tell_next
from aftercare.services.concerns.reminding import remind
from aftercare.services.telling.guarding import unless_it_fails
from notifications.domain.states import IN_VAIN

A_RUN = 100


def escalate_due(now: datetime | None = None) -> int:
    """Tell the next one of each concern whose clock has run out, or remind somebody of it, and set the clock again. Says of how many.

    Not only then: also at once where the last alert of an urgent one didn't reach anybody, and where somebody is on call again after nobody
    was. A concern is claimed by its lock: any number of workers may run it at once, and another run at the same moment finds nothing.
    """
    now = now or timezone.now()
    escalated = 0
    still_open = Concern.objects.filter(resolved_at=None).select_related("location")
    for concern in still_open.order_by("escalate_at", "remind_at", "pk"):
        if escalated < A_RUN and (_looks_due(concern, now) or _is_forgotten(concern, now)):
            escalated += _escalate(concern, now)
    return escalated


def _escalate(concern: Concern, now: datetime) -> bool:
    """Each in a transaction of its own: what is wrong with one holds up no other, and an operator hears of it."""
    is_done = unless_it_fails(
        lambda: _escalate_one(concern.pk, now),
        code=f"concern not escalated, concern {concern.pk}",
        log=f"{concern} wasn't escalated",
        said=f"when the next one was to be told of a concern, at {concern.location}",
        now=now,
    )
    return bool(is_done)


def _escalate_one(pk: int, now: datetime) -> bool:
    """Requires a transaction."""
    still_open = Concern.objects.filter(pk=pk, resolved_at=None).select_related("location", "acknowledged_by")
    concern = still_open.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if concern and _looks_due(concern, now):
        is_new_to_it = concern.escalate_at is None
        is_told = tell_next(concern, now=now, by_email=is_new_to_it and concern.severity != Concern.Severity.URGENT)
        set_clocks(concern, clock_from(concern.severity, concern.location, now) if is_told else None, now=now)
        return True
    if concern and _is_forgotten(concern, now):
        remind(concern, now=now)
        set_clocks(concern, None, now=now)
        return True
    return False


def _looks_due(concern: Concern, now: datetime) -> bool:
    if concern.acknowledged_at:
        return False
    if concern.escalate_at is None:
        return has_newcomer(concern)
    return concern.escalate_at <= now or _is_unheard(concern)


def _is_forgotten(concern: Concern, now: datetime) -> bool:
    return concern.remind_at is not None and concern.remind_at <= now


def _is_unheard(concern: Concern) -> bool:
    """What becomes known of an alert before the last shortens nobody's time. What isn't urgent can wait for its clock."""
    alert = last_alert_of(concern) if concern.severity == Concern.Severity.URGENT else None
    return alert is not None and alert.status in IN_VAIN


@transaction.atomic
def hasten(reference: str, *, now: datetime) -> None:
    """An alert couldn't be delivered: the next one is told now, not when the clock runs out.

    Whoever holds the concern just now is acknowledging it, or telling somebody: then its clock is enough.
    """
    pk = reference.removeprefix("concern-")
    if not pk.isdigit():
        return
    standing = Concern.objects.filter(pk=pk, escalate_at__gt=now, severity=Concern.Severity.URGENT)
    held = standing.select_for_update(skip_locked=True, no_key=True).first()
    if held and _is_unheard(held):
        held.escalate_at = now
        held.save(update_fields=["escalate_at"])
