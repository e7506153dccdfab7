"""What is on its way to somebody who needn't be asked back any more goes with that, in the same transaction."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from aftercare.domain.recalls import OF_USE_FOR
from aftercare.services.recalls.candidates import BY_MESSAGE
from aftercare.services.telling.taking_back import take_back
from notifications.domain.states import MessageStatus
from scheduling import services as scheduling
from scheduling.domain.outcomes import Outcome
from scheduling.models import RecallAction

BOOKED = "something was booked"
ARRIVED = "the patient is here"
CAME_BACK = "the patient came back"


def stop_recalls(patients: Collection[int], *, reason: str, now: datetime, **about: Any) -> int:
    """Neither what waits to be told nor what is queued goes out: all of it, or what matches `about` (fields of RecallAction). What is being
    sent just now isn't tried again. Says of how many.

    Requires a transaction, and the patients' locks: whoever tells them holds those.
    """
    may_be_queued = Q(outcome=Outcome.TOLD, way__in=BY_MESSAGE, at__gt=now - OF_USE_FOR - timedelta(minutes=1))
    standing = RecallAction.objects.filter(Q(outcome=Outcome.WAITING) | may_be_queued, patient__in=patients, **about)
    of = dict(standing.values_list("pk", "patient"))
    if not of:
        return 0
    take_back(reason=reason, recall_action__in=of)
    taken_back = Q(outcome=Outcome.WAITING) | Q(outcome=Outcome.TOLD, lines__message__status=MessageStatus.CANCELLED)
    stopped = list(RecallAction.objects.filter(taken_back, pk__in=of).values_list("pk", flat=True))
    RecallAction.objects.filter(pk__in=stopped).update(outcome=Outcome.NOT_TOLD.value, reason=reason, at=now)
    scheduling.refresh({of[pk] for pk in stopped})
    return len(stopped)
