"""Messages of which nobody knows whether they went out: look before sending again."""

import asyncio
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from notifications.channels import find_batch
from notifications.domain.states import MessageStatus, Verdict
from notifications.models import Message
from notifications.signals import message_failed

SECOND_LOOK = timedelta(minutes=10)
MOST_RESENDS = 1


def reconcile(*, now: datetime | None = None, limit: int = 100) -> int:
    """Settle the uncertain messages whose next look is due, and those whose worker was lost. Says how many were settled.

    Found at the provider: accepted. Not found, on two looks, 2 and 10 minutes after the try: sent again, once; then failed.
    """
    now = now or timezone.now()
    _give_up_lost_leases(now)
    uncertain = Message.objects.filter(status=MessageStatus.UNCERTAIN.value, lease_until__lte=now)
    due = list(uncertain.annotate(claimed_at=Max("attempt__started_at")).order_by("lease_until")[:limit])
    found = asyncio.run(find_batch(due)) if due else []
    return sum(_settle(message, provider_id, now) for message, provider_id in zip(due, found, strict=True))


def _give_up_lost_leases(now: datetime) -> None:
    lost = Message.objects.filter(status=MessageStatus.SENDING.value, lease_until__lte=now)
    lost.update(status=MessageStatus.UNCERTAIN.value, reason="the worker that was sending it was lost", lease_until=now)


@transaction.atomic
def _settle(seen: Message, provider_id: str | None, now: datetime) -> bool:
    """`provider_id` is None where the provider couldn't be asked: then this look doesn't count."""
    message = Message.objects.select_for_update().filter(pk=seen.pk, status=MessageStatus.UNCERTAIN.value, token=seen.token).first()
    if message is None or (message.lookups, message.lease_until) != (seen.lookups, seen.lease_until):
        return False  # somebody else has looked meanwhile: one look mustn't count twice
    if provider_id and Message.objects.filter(channel=message.channel, provider_id=provider_id).exclude(pk=message.pk).exists():
        provider_id = ""  # that is another message's text, in the same words
    if provider_id:
        message.status, message.reason, message.provider_id = MessageStatus.ACCEPTED.value, "found at the provider", provider_id
        message.accepted_at = now
    elif provider_id is None:
        message.lease_until = now + timedelta(minutes=2)
    elif message.lookups == 0:
        message.lookups, message.lease_until = 1, now + SECOND_LOOK
    elif _may_have_gone_out(message) > MOST_RESENDS:
        message.status, message.reason = MessageStatus.FAILED.value, "it may have been sent: please check with the patient"
        message_failed.send(Message, message_id=message.pk, reference=message.reference)
    else:
        message.status, message.reason, message.lookups = MessageStatus.SCHEDULED.value, "not found at the provider", 0
    message.save()
    return message.status != MessageStatus.UNCERTAIN


def _may_have_gone_out(message: Message) -> int:
    """On how many tries: those of which nobody knows. A try that was refused is no resend."""
    return message.attempt_set.filter(verdict__in=["", Verdict.UNCERTAIN.value]).count()
