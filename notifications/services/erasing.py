"""The words and the addresses of messages go; that there was one, when, and what became of it stays."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Case, F, Model, Q, QuerySet, Value, When

from notifications.domain.states import MessageStatus
from notifications.models import Message, Pace, Reply, Suppression, address_hash

# Of these a provider may still say that the address has opted out, which is remembered by the hash. What no provider confirms, such as
# an email, has arrived as far as anybody will ever know once it was taken.
ON_ITS_WAY = Q(status__in=[MessageStatus.SENDING.value, MessageStatus.UNCERTAIN.value]) | Q(
    status=MessageStatus.ACCEPTED.value, poll_at__isnull=False
)

# Model → field → what stands there afterwards. What isn't named here stays as it is.
BLANKS: dict[type[Model], dict[str, Any]] = {
    Message: {
        "address": "",
        "address_hash": Case(When(ON_ITS_WAY, then=F("address_hash")), default=Value("")),
        "subject": "",
        "body": "",
        "html": "",
        "unsubscribe_url": "",
        # Whoever takes one back may say so in words of their own.
        "reason": Case(When(status=MessageStatus.CANCELLED.value, then=Value("erased")), default=F("reason")),
    },
    Reply: {"address": "", "body": ""},
}


def blank_messages(messages: QuerySet[Message]) -> int:
    """None of them goes out any more, or it is under way: whoever is sending it has its words already, and writes down what became of it.
    Says how many. Requires a transaction in which they were cancelled."""
    return messages.update(**BLANKS[Message])


def forget_hash(message: Message) -> None:
    """Of one that was erased while it was under way, once its provider has nothing more to say. Requires a transaction."""
    if not message.address and message.status != MessageStatus.ACCEPTED:
        Message.objects.filter(pk=message.pk).update(address_hash="")


def blank_replies(replies: QuerySet[Reply]) -> int:
    return replies.update(**BLANKS[Reply])


def forget_pace(addresses: Iterable[str]) -> None:
    """When late messages went there. That an address said stop is never forgotten."""
    Pace.objects.filter(address_hash__in=[address_hash(address) for address in addresses]).delete()


def said_stop_at(addresses: Iterable[str]) -> list[tuple[str, str, datetime]]:
    """(channel, address, since when nothing goes there), of those that said stop."""
    by_hash = {address_hash(address): address for address in addresses}
    found = Suppression.objects.filter(address_hash__in=by_hash).order_by("created_at")
    return [(one.channel, by_hash[one.address_hash], one.created_at) for one in found]
