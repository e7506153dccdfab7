"""She is never sent more texts, nor more emails, on a day than she was told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from aftercare.domain.consent import Purpose, kinds_of
from aftercare.models import CareMessage
from notifications.domain.states import CAME_TO_NOTHING
from notifications.services import Draft
from scheduling.models import Patient


@dataclass(frozen=True, slots=True)
class Change:
    """Of what is queued for her, before it is made: messages that will be taken back, by their ids, and drafts that will be written."""

    taken_back: frozenset[int] = frozenset()
    drafts: tuple[Draft, ...] = ()


UNCHANGED = Change()


class MessagesADay:
    """Counts a channel's messages about her care on each day of hers: those sent or queued already, and those taken here."""

    def __init__(self, patient: Patient, channel: str, most: int, times: Sequence[datetime], change: Change = UNCHANGED) -> None:
        self._zone = patient.zone
        self._most = most
        messages = CareMessage.objects.filter(
            patient=patient,
            channel=channel,
            kind__in=kinds_of(Purpose.CARE),
            message__send_at__range=(min(times) - timedelta(days=1), max(times) + timedelta(days=1)),
        ).exclude(message__status__in=CAME_TO_NOTHING)
        standing = [at for pk, at in messages.values_list("message_id", "message__send_at") if pk not in change.taken_back]
        coming = [draft.send_at for draft in change.drafts if draft.channel == channel]
        self._taken = Counter(self._day(at) for at in [*standing, *coming])

    def take(self, at: datetime) -> bool:
        """Whether there is room for one more on that day."""
        day = self._day(at)
        if self._taken[day] >= self._most:
            return False
        self._taken[day] += 1
        return True

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()
