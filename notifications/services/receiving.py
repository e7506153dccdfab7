"""What the provider says of a message that it was handed. It comes in any order, repeatedly, and sometimes before our own record."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from notifications.channels import first_poll_at, read
from notifications.domain.receipts import News, status_after, was_taken
from notifications.domain.states import MessageStatus
from notifications.models import Attempt, Message, Receipt
from notifications.services.alarms import raise_alarm
from notifications.services.announcing import announce
from notifications.services.durably import durably
from notifications.services.erasing import forget_hash
from notifications.services.suppressing import suppress, suppress_hash
from notifications.signals import message_failed


@durably
def record_receipt(
    message_id: int, token: UUID, *, provider_id: str, status: str, error_code: str = "", now: datetime | None = None
) -> bool:
    """Write down a callback and what follows from it; it is committed on return.

    False, and nothing happens, where no try of the message has the token. Where one has it, the provider had the message: so it isn't
    sent again, whatever we took it for.
    """
    now = now or timezone.now()
    attempt = Attempt.objects.filter(token=token).first()
    message = Message.objects.select_for_update().filter(pk=attempt.message_id).first() if attempt else None
    if attempt is None or message is None or message.pk != message_id:
        return False
    Attempt.objects.filter(pk=attempt.pk, provider_id="").update(provider_id=provider_id)
    is_superseded = Attempt.objects.filter(message=message, pk__gt=attempt.pk).exists()
    hear(message, provider_id, status, error_code, is_superseded=is_superseded, now=now)
    return True


def hear(message: Message, provider_id: str, status: str, error_code: str, *, is_superseded: bool = False, now: datetime) -> None:
    """Change the message by the provider's word. Said once more, it changes nothing. Requires a transaction that holds the row's lock."""
    _, is_new = Receipt.objects.get_or_create(
        message=message, provider_id=provider_id, provider_status=status, error_code=error_code, defaults={"received_at": now}
    )
    stands = MessageStatus(message.status)
    news = read(message.channel, status, error_code)
    following = status_after(stands, news, is_superseded=is_superseded)
    if not is_new or following is stands:
        return
    if not was_taken(stands):
        message.accepted_at, message.lease_until, message.lookups = message.accepted_at or now, None, 0
    message.provider_id, message.status, message.error_code, message.poll_at = provider_id, following.value, news.code, None
    message.reason = news.explanation
    if following is MessageStatus.ACCEPTED:
        message.reason, message.poll_at = "the provider's receipt shows that it was taken", first_poll_at(message.channel, now)
    elif following is MessageStatus.DELIVERED:
        message.delivered_at = now
    message.save()
    if following is MessageStatus.UNDELIVERED:
        _tell(message, news, now)
    forget_hash(message)


def _tell(message: Message, news: News, now: datetime) -> None:
    if news.opted_out:
        reason = f"provider's error {news.code}"
        if message.address:
            suppress(message.channel, message.address, reason=reason, now=now)
        elif message.address_hash:  # it was erased while the message was under way
            suppress_hash(message.channel, message.address_hash, reason=reason, now=now)
    announce(message_failed, message_id=message.pk, reference=message.reference, code=news.code, now=now)
    if news.alarm:
        raise_alarm(message.channel, news.code, news.explanation, now=now)
