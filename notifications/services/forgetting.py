"""What has been kept for long enough: words and addresses go, and what only said how a message went."""

from datetime import datetime, timedelta

from django.db.models import DateTimeField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from notifications.domain.states import MessageStatus
from notifications.models import Attempt, Message, Pace, Receipt, Reply
from notifications.services.erasing import BLANKS, ON_ITS_WAY

# As far as the claim looks back at what went late.
A_DAY = timedelta(days=1)
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


def old_paces(before: datetime) -> QuerySet[Pace]:
    """With their `latest`: of no use to the claim any more. None is left where the only one hadn't gone after all."""
    over = before - A_DAY
    newest = Func(F("late_sends"), template="(%(expressions)s)[cardinality(%(expressions)s)]", output_field=DateTimeField())
    return Pace.objects.annotate(latest=Coalesce(newest, Value(over))).filter(latest__lte=over)


def forget_messages(rows: QuerySet[Message]) -> int:
    """No provider says anything about them any more, so the hash of the address goes, too. Why one never went is what became of it."""
    return rows.update(**BLANKS[Message] | {"address_hash": "", "reason": F("reason")})
