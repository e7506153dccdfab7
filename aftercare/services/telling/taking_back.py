"""Messages that are queued and shan't go out any more."""

from typing import Any

from aftercare.models import CareMessage
from notifications import services as notifications
from notifications.domain.states import NOT_OVER


def take_back(*, reason: str, **about: Any) -> int:
    """Cancel what is still queued among the ledger's lines that match `about` (fields of CareMessage), in one statement. Says how many.

    What is being sent just now isn't tried again.
    """
    not_over = CareMessage.objects.filter(**about, message__status__in=NOT_OVER)
    return notifications.cancel(not_over.values_list("message_id", flat=True), reason=reason)
