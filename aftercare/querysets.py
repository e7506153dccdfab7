from datetime import datetime, timedelta
from typing import Self

from django.db import models

from notifications.domain.states import MessageStatus

LOOKED_AT = timedelta(days=7)
WENT_WRONG = (MessageStatus.FAILED, MessageStatus.UNDELIVERED, MessageStatus.UNCERTAIN, MessageStatus.EXPIRED)
SETTLED = (MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.FAILED)
IN_A_ROW = 2


class CareMessageQuerySet(models.QuerySet):
    def gone_wrong(self, now: datetime) -> Self:
        """What didn't reach her in the last 7 days, or may not have, and nothing else went instead."""
        recent = self.filter(planned_for__gt=now - LOOKED_AT, planned_for__lte=now)
        return recent.filter(message__status__in=[status.value for status in WENT_WRONG], stand_in=None)

    def texts_dont_arrive_at(self, number: str) -> bool:
        """The last two of whose fate the provider said something didn't reach it."""
        settled = self.filter(channel="sms", message__address=number, message__status__in=[status.value for status in SETTLED])
        last = settled.order_by("-message__send_at", "-pk").values_list("message__status", flat=True)[:IN_A_ROW]
        return len(last) == IN_A_ROW and MessageStatus.DELIVERED not in last

    def to_read(self) -> Self:
        """Replies that nobody has read yet."""
        return self.filter(reply__isnull=False, read_at=None)
