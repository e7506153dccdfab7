"""Asking the provider what became of messages of which no final word came."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from notifications.channels import Courier
from notifications.domain.polling import next_poll_at
from notifications.domain.states import MessageStatus
from notifications.models import Message
from notifications.services.erasing import forget_hash
from notifications.services.receiving import hear

# For who asks now. Should it be killed, another asks then.
LEASE = timedelta(minutes=10)


def poll(*, now: datetime | None = None, limit: int = 100) -> int:
    """Ask after up to `limit` accepted messages whose time for it has come, all at once; what is said counts as a receipt does.

    Says how many were asked after: as many as the limit means that there may be more.
    """
    now = now or timezone.now()
    due = _claim(now, limit)
    with Courier() as courier:
        words = courier.fetch(due)
    for message, word in zip(due, words, strict=True):
        _settle(message, word, now)
    return len(due)


@transaction.atomic(durable=True)
def _claim(now: datetime, limit: int) -> list[Message]:
    accepted = Message.objects.select_for_update(skip_locked=True).filter(status=MessageStatus.ACCEPTED.value, poll_at__lte=now)
    due = list(accepted.order_by("poll_at")[:limit])
    Message.objects.filter(pk__in=[message.pk for message in due]).update(poll_at=now + LEASE)
    return due


@transaction.atomic(durable=True)
def _settle(seen: Message, word: tuple[str, str] | None, now: datetime) -> None:
    """`word` is None where the provider couldn't be asked, and empty where it knows of no such message."""
    message = Message.objects.select_for_update().filter(pk=seen.pk, provider_id=seen.provider_id).first()
    if message is None:
        return
    if word and word[0]:
        hear(message, message.provider_id, *word, now=now)
    if message.status != MessageStatus.ACCEPTED:
        return  # by this word, or by a receipt meanwhile
    message.poll_at = next_poll_at(message.accepted_at or now, now, is_answered=word is not None)
    if message.poll_at is None:
        message.status, message.reason = MessageStatus.UNCONFIRMED.value, "no word of it in 72 hours"
    message.save()
    forget_hash(message)
