"""Messages of which nobody knows whether they went out: look before sending again."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min, Q
from django.db.models.functions import Now
from django.utils import timezone

from notifications.channels import Courier, first_poll_at
from notifications.domain.deciding import after_look, after_no_answer
from notifications.domain.states import MessageStatus, Verdict
from notifications.models import Attempt, Message
from notifications.services.announcing import announce
from notifications.services.recording import give_turns_back
from notifications.services.seeking import seek
from notifications.signals import message_failed

DOUBTFUL = ["", Verdict.UNCERTAIN.value]  # of these tries nobody knows; one that was refused is no resend


def reconcile(*, now: datetime | None = None, limit: int = 100) -> int:
    """Settle the uncertain messages whose next look is due, and those whose worker was lost. Says how many were settled.

    Found at the provider: accepted. Not found, on two looks, 2 and 10 minutes after the try: sent again, once; then failed.
    """
    _give_up_lost_leases(now)
    settled, over_at = _give_up_erased(), time.monotonic() + settings.DISPATCH_RUN_SECONDS
    with Courier() as courier:
        while time.monotonic() < over_at:
            due = _due(now, limit)
            found = seek(due, courier)
            settled += sum(_settle(message, provider_id, now) for message, provider_id in zip(due, found, strict=True))
            if len(due) < limit:
                break
    return settled


@transaction.atomic
def _give_up_lost_leases(now: datetime | None) -> None:
    """On the database's clock, as they were given."""
    lost = Message.objects.filter(status=MessageStatus.SENDING.value, lease_until__lte=now or Now())
    # Not those that somebody has just now, such as a worker that comes back late and writes down what became of them, in another order.
    free = list(lost.select_for_update(skip_locked=True).values_list("pk", flat=True))
    Message.objects.filter(pk__in=free).update(
        status=MessageStatus.UNCERTAIN.value, reason="the worker that was sending it was lost", lease_until=now or Now()
    )


def _give_up_erased() -> int:
    """Nobody can look for what has neither words nor an address any more."""
    erased = Message.objects.filter(status=MessageStatus.UNCERTAIN.value, address="")
    return erased.update(status=MessageStatus.FAILED.value, reason="erased before it was known whether it went out", lease_until=None)


@transaction.atomic
def _due(now: datetime | None, limit: int) -> list[Any]:
    """Under a lease again, so that two who reconcile don't look for the same ones. `sought_since`: its first doubtful try."""
    uncertain = Message.objects.filter(status=MessageStatus.UNCERTAIN.value, lease_until__lte=now or Now())
    ids = list(uncertain.order_by("lease_until").select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
    until = (now or timezone.now()) + timedelta(seconds=settings.DISPATCH_LEASE_SECONDS)
    Message.objects.filter(pk__in=ids).update(lease_until=until)
    doubtful = Q(attempt__verdict__in=DOUBTFUL)
    return list(Message.objects.filter(pk__in=ids).annotate(sought_since=Min("attempt__started_at", filter=doubtful)).order_by("pk"))


@transaction.atomic
def _settle(seen: Any, provider_id: str | None, now: datetime | None) -> bool:
    """`provider_id` is None where the provider couldn't be asked: then this look doesn't count, but for a day at most."""
    now = now or timezone.now()
    message = Message.objects.select_for_update().filter(pk=seen.pk, status=MessageStatus.UNCERTAIN.value, token=seen.token).first()
    if message is None or message.token is None or (message.lookups, message.lease_until) != (seen.lookups, seen.lease_until):
        return False  # a receipt came, or somebody else has looked meanwhile: one look mustn't count twice
    doubtful = Attempt.objects.filter(message=message, verdict__in=DOUBTFUL)
    if provider_id is None:
        following = after_no_answer(now - seen.sought_since if seen.sought_since else timedelta())
        if following.status is MessageStatus.UNCERTAIN:
            message.lease_until = now + timedelta(seconds=settings.LOOK_AFTER_SECONDS)
            message.save()
            return False
    else:
        message.lookups += 1
        following = after_look(bool(provider_id), looks=message.lookups, doubtful_tries=doubtful.count())
    message.status, message.reason = following.status.value, following.reason or message.reason
    message.lease_until = None
    match following.status:
        case MessageStatus.UNCERTAIN:
            message.lease_until = now + timedelta(seconds=settings.SECOND_LOOK_SECONDS)
        case MessageStatus.ACCEPTED:
            message.provider_id, message.accepted_at, message.poll_at = provider_id or "", now, first_poll_at(message.channel, now)
            doubtful.filter(token=message.token).update(provider_id=provider_id, verdict=Verdict.ACCEPTED.value, finished_at=now)
        case MessageStatus.SCHEDULED:
            message.lookups = 0
            give_turns_back(doubtful.values_list("token", flat=True))
    message.save()
    if following.status is MessageStatus.FAILED:
        announce(message_failed, message_id=message.pk, reference=message.reference, code=message.error_code, now=now)
    return following.status is not MessageStatus.UNCERTAIN
