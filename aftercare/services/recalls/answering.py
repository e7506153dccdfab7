"""What she writes after a recall answers it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.querysets import CareMessageQuerySet
from notifications.domain.states import WENT_OUT
from notifications.models import Reply
from scheduling.domain.outcomes import COUNTS_FOR_DAYS
from scheduling.models import Patient, RecallAction

ANSWERS_FOR = timedelta(days=14)  # what she writes later is about something else


def note_answer(reply: Reply, patients: Sequence[Patient], now: datetime) -> CareMessage | None:
    """The recall that it answers, if the last thing that this number was told was one: a text that answered her doesn't count."""
    told = _texted(reply, patients).exclude(kind=Kind.REPLY.value).order_by("-message__send_at", "-pk").first()
    if told is None or told.kind != Kind.RECALL or told.planned_for <= now - ANSWERS_FOR:
        return None
    return _answered(told, reply)


def recall_to_book(reply: Reply, patients: Sequence[Patient], now: datetime) -> CareMessage | None:
    """The last recall to that number: the word is its own, whatever she was told since."""
    recalls = _texted(reply, patients).filter(kind=Kind.RECALL.value, planned_for__gt=now - timedelta(days=COUNTS_FOR_DAYS))
    told = recalls.order_by("-message__send_at", "-pk").first()
    return _answered(told, reply) if told else None


def _texted(reply: Reply, patients: Sequence[Patient]) -> CareMessageQuerySet:
    lines = CareMessage.objects.filter(patient__in=patients, channel=reply.channel, message__address=reply.address)
    return lines.filter(message__status__in=WENT_OUT).select_related("patient", "recall_action__session__location")


def _answered(told: CareMessage, reply: Reply) -> CareMessage:
    """The first answer counts."""
    RecallAction.objects.filter(lines=told, answered_at=None).update(answered_at=reply.received_at)
    return told
