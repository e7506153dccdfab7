"""A recall whose message came to nothing has reached nobody, and doesn't count as an attempt."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from aftercare.models import CareMessage
from aftercare.services.telling.consent import hold_alone
from aftercare.services.telling.guarding import unless_it_fails
from notifications.domain.deciding import ASK_HER
from notifications.domain.states import CAME_TO_NOTHING, MessageStatus
from scheduling import services as scheduling
from scheduling.domain.outcomes import Outcome

SETTLED_AFTER = timedelta(days=4)  # the last receipts come after three
IN_VAIN = CAME_TO_NOTHING | {MessageStatus.UNDELIVERED}


def settle_recalls(now: datetime | None = None) -> int:
    """Those of the last days, found in the ledger and not handed on by the receipt: that holds a message, and whoever changes a patient
    holds her first. Says how many reached nobody."""
    now = now or timezone.now()
    settled = 0
    for pk in dict.fromkeys(_in_vain(now).values_list("patient_id", flat=True)):
        settled += (
            unless_it_fails(
                partial(_settle, pk, now),
                code=f"recall not settled, patient {pk}",
                log=f"A recall to patient {pk} that reached nobody counts as one that did",
                said="when a recall had reached nobody",
                now=now,
            )
            or 0
        )
    return settled


def _settle(patient_pk: int, now: datetime) -> int:
    """Requires a transaction."""
    hold_alone(patient_pk)
    lines = list(_in_vain(now, patient=patient_pk).select_related("message", "recall_action"))
    for line in lines:
        action = line.recall_action
        action.outcome = Outcome.NOT_TOLD.value
        action.reason = line.message.reason[:200] or line.message.get_status_display()
        action.save(update_fields=["outcome", "reason"])
    scheduling.refresh([patient_pk])
    return len(lines)


def _in_vain(now: datetime, **about: Any) -> Any:
    """What may have arrived isn't among them: somebody asks her."""
    told = CareMessage.objects.filter(**about, recall_action__outcome=Outcome.TOLD.value, recall_action__at__gt=now - SETTLED_AFTER)
    return told.filter(message__status__in=IN_VAIN).exclude(message__reason=ASK_HER).order_by("pk")
