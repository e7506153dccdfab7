"""Putting messages into the outbox and taking them out again, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from notifications.domain.quiet import QuietHours
from notifications.domain.states import MessageStatus
from notifications.models import Message
from notifications.models.messages import address_hash
from notifications.signals import messages_due


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be. `quiet` are the hours, in `time_zone`, in which it must wait; None lets it go at any hour."""

    dedupe_key: str
    channel: str
    address: str
    body: str
    send_at: datetime
    expires_at: datetime
    subject: str = ""
    html: str = ""
    quiet: QuietHours | None = None
    time_zone: str = "UTC"
    reference: str = ""


@transaction.atomic
def schedule(drafts: Sequence[Draft], *, now: datetime | None = None) -> list[Message]:
    """Write the drafts, in order, as scheduled messages. A `dedupe_key` that is there already stays as it is."""
    now = now or timezone.now()
    messages = [
        Message(
            dedupe_key=draft.dedupe_key,
            reference=draft.reference,
            channel=draft.channel,
            address=draft.address,
            address_hash=address_hash(draft.address),
            subject=draft.subject,
            body=draft.body,
            html=draft.html,
            send_at=draft.send_at,
            expires_at=draft.expires_at,
            quiet_from=draft.quiet.starts if draft.quiet else None,
            quiet_until=draft.quiet.ends if draft.quiet else None,
            time_zone=draft.time_zone,
        )
        for draft in drafts
    ]
    # An update that changes nothing is what makes PostgreSQL return the ids of the rows that were there already.
    Message.objects.bulk_create(messages, update_conflicts=True, unique_fields=["dedupe_key"], update_fields=["dedupe_key"])
    if any(draft.send_at <= now for draft in drafts):
        messages_due.send(Message)
    return messages


@transaction.atomic
def cancel(message_ids: Iterable[int], *, reason: str) -> int:
    """Cancel those still scheduled, in one statement, and say how many. What is claimed already can't be called back."""
    waiting = Message.objects.filter(pk__in=message_ids, status=MessageStatus.SCHEDULED.value)
    return waiting.update(status=MessageStatus.CANCELLED.value, reason=reason)
