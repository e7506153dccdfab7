"""The demo's schedule brought forward, so that a whole aftercare plan can be watched in a sitting."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest, Least

from notifications.domain.states import MessageStatus
from notifications.models import Message
from notifications.signals import messages_due

TIME_TO_SEND = timedelta(minutes=10)


@transaction.atomic
def skip(span: timedelta, *, now: datetime) -> int:
    """Everything scheduled comes `span` sooner, as if that time had gone by. Says how many messages.

    What falls due on the way would have been sent on the way, so it is neither late nor let expire; the end of its use stays with the plan,
    for a STOP may send it by email at the plan's own time. The quiet window is dropped: messages were planned around the patient's night,
    and the clock on the wall no longer agrees with the plan. What an urgent concern holds back goes as soon as that is resolved.
    """
    scheduled = Message.objects.filter(status=MessageStatus.SCHEDULED.value, expires_at__gt=now)
    moved = scheduled.update(
        due_at=Least(F("due_at"), Greatest(F("due_at") - span, now)),
        send_at=F("send_at") - span,
        expires_at=Greatest(F("expires_at"), now + TIME_TO_SEND),
        quiet_from=None,
        quiet_until=None,
    )
    messages_due.send(Message)
    return moved
