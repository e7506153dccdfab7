"""What has been kept for long enough: words and addresses go, and what only said how a message went."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from notifications.domain.states import MessageStatus
from notifications.models import Attempt, Message, Receipt, Reply
from notifications.services.erasing import BLANKS, ON_ITS_WAY, blank_replies

# It may yet go out, or its provider may yet say something of it.
IN_USE = Q(status=MessageStatus.SCHEDULED.value) | ON_ITS_WAY


def old_messages(before: datetime) -> QuerySet[Message]:
    """With words or an address still. When they went or were to go counts: a reminder may have been planned two years before."""
    return Message.objects.filter(send_at__lt=before).exclude(IN_USE).exclude(body="", address="", address_hash="")


def old_replies(before: datetime) -> QuerySet[Reply]:
    return Reply.objects.filter(received_at__lt=before).exclude(body="", address="")


def old_receipts(before: datetime) -> QuerySet[Receipt]:
    return Receipt.objects.filter(received_at__lt=before)


def old_tries(before: datetime) -> QuerySet[Attempt]:
    return Attempt.objects.filter(started_at__lt=before, message__in=Message.objects.exclude(IN_USE))


@transaction.atomic
def forget_messages(pks: Collection[int]) -> int:
    """No provider says anything about them any more, so the hash of the address goes, too. Why one never went is what became of it."""
    return Message.objects.filter(pk__in=pks).update(**BLANKS[Message] | {"address_hash": "", "reason": F("reason")})


@transaction.atomic
def forget_replies(pks: Collection[int]) -> int:
    return blank_replies(Reply.objects.filter(pk__in=pks))


@transaction.atomic
def forget_receipts(pks: Collection[int]) -> int:
    return Receipt.objects.filter(pk__in=pks).delete()[0]


@transaction.atomic
def forget_tries(pks: Collection[int]) -> int:
    return Attempt.objects.filter(pk__in=pks).delete()[0]
