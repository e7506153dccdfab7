"""Messages that are queued and shan't go out any more."""

from typing import Any

from django.db import transaction

from aftercare.models import CareMessage
from notifications import services as notifications
from notifications.domain.states import MessageStatus


@transaction.atomic
def take_back(*, reason: str, **about: Any) -> int:
    """Cancel what is still queued among the ledger's lines that match `about` (fields of CareMessage). Says how many."""
    queued = CareMessage.objects.filter(**about, message__status=MessageStatus.SCHEDULED.value)
    return notifications.cancel(queued.values_list("message_id", flat=True), reason=reason)
