"""When nobody has acknowledged a concern in time, the next one on call is told."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from aftercare.models import Concern
from aftercare.services.concerns.deadlines import clock_from
from aftercare.services.concerns.on_call import tell_next

A_RUN = 100


def escalate_due(now: datetime | None = None) -> int:
    """Tell the next one of each concern whose clock has run out, and set the clock again. Says of how many.

    A concern is claimed by its lock: any number of workers may run it at once, and another run at the same moment finds nothing.
    """
    now = now or timezone.now()
    escalated = 0
    while escalated < A_RUN and _escalate_one(now):
        escalated += 1
    return escalated


@transaction.atomic
def _escalate_one(now: datetime) -> bool:
    """Each in a transaction of its own: what is wrong with one holds up no other."""
    due = Concern.objects.filter(escalate_at__lte=now, resolved_at=None, acknowledged_at=None).order_by("escalate_at", "pk")
    concern = due.select_for_update(of=("self",), skip_locked=True, no_key=True).select_related("location").first()
    if concern is None:
        return False
    is_told = tell_next(concern, now=now)
    concern.escalate_at = clock_from(concern.severity, concern.location, now) if is_told else None
    concern.save(update_fields=["escalate_at"])
    return True


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
    if held:
        held.escalate_at = now
        held.save(update_fields=["escalate_at"])
