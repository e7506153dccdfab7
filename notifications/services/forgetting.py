"""What has been kept for long enough: words and addresses go, and what only said how a message went."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from notifications.domain.states import NOT_OVER
from notifications.models import Attempt, Message, Receipt, Reply
from notifications.services.erasing import BLANKS, blank_replies


def old_messages(before: datetime) -> QuerySet[Message]:
    """With words or an address still; what may yet go out isn't old, whenever it was planned."""
    old = Message.objects.filter(created_at__lt=before).exclude(status__in=NOT_OVER)
    return old.exclude(body="", address="", address_hash="")


def old_replies(before: datetime) -> QuerySet[Reply]:
    return Reply.objects.filter(received_at__lt=before).exclude(body="", address="")


def old_receipts(before: datetime) -> QuerySet[Receipt]:
    return Receipt.objects.filter(received_at__lt=before)


def old_tries(before: datetime) -> QuerySet[Attempt]:
    return Attempt.objects.filter(started_at__lt=before).exclude(message__status__in=NOT_OVER)


@transaction.atomic
def forget_messages(pks: Collection[int]) -> int:
    """No provider says anything about them any more, so the hash of the address goes, too."""
    return Message.objects.filter(pk__in=pks).update(**BLANKS[Message] | {"address_hash": ""})


@transaction.atomic
def forget_replies(pks: Collection[int]) -> int:
    return blank_replies(Reply.objects.filter(pk__in=pks))


@transaction.atomic
def forget_receipts(pks: Collection[int]) -> int:
    return Receipt.objects.filter(pk__in=pks).delete()[0]


@transaction.atomic
def forget_tries(pks: Collection[int]) -> int:
    return Attempt.objects.filter(pk__in=pks).delete()[0]
