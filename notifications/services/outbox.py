"""Putting messages into the outbox and taking them out again, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications.domain.quiet import QuietHours
from notifications.domain.states import MessageStatus
from notifications.models import Message, address_hash
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
    """Write the drafts, in order, as scheduled messages. A `dedupe_key` that is there already stays as it is.

    Raises ValueError for what no claim or channel could handle: one such row would hold up all others.
    """
    now = now or timezone.now()
    for draft in drafts:
        _require_sendable(draft)
    by_key = {
        draft.dedupe_key: Message(
            dedupe_key=draft.dedupe_key,
            reference=draft.reference,
            channel=draft.channel,
            address=draft.address,
            address_hash=address_hash(draft.address),
            subject=draft.subject,
            body=draft.body,
            html=draft.html,
            due_at=draft.send_at,
            send_at=draft.send_at,
            expires_at=draft.expires_at,
            quiet_from=draft.quiet.starts if draft.quiet else None,
            quiet_until=draft.quiet.ends if draft.quiet else None,
            time_zone=draft.time_zone,
        )
        for draft in reversed(drafts)  # the first of a key counts
    }
    messages = [*reversed(by_key.values())]
    # An update that changes nothing is what makes PostgreSQL return the ids of the rows that were there already.
    Message.objects.bulk_create(messages, update_conflicts=True, unique_fields=["dedupe_key"], update_fields=["dedupe_key"])
    if any(draft.send_at <= now for draft in drafts):
        messages_due.send(Message)
    return [by_key[draft.dedupe_key] for draft in drafts]


@transaction.atomic
def cancel(message_ids: Iterable[int], *, reason: str) -> int:
    """Cancel those still scheduled and say how many.

    What is claimed already can't be called back. But it isn't tried again where that try fails: it is worthless from now on.
    """
    locked = Message.objects.select_for_update().filter(pk__in=message_ids).order_by("pk").values_list("pk", "status")
    standing: dict[str, list[int]] = {}
    for pk, status in locked:
        standing.setdefault(status, []).append(pk)
    under_way = [*standing.get(MessageStatus.SENDING, ()), *standing.get(MessageStatus.UNCERTAIN, ())]
    Message.objects.filter(pk__in=under_way).update(expires_at=F("send_at") + timedelta(microseconds=1))
    waiting = Message.objects.filter(pk__in=standing.get(MessageStatus.SCHEDULED, ()))
    return waiting.update(status=MessageStatus.CANCELLED.value, reason=reason)


def _require_sendable(draft: Draft) -> None:
    if draft.channel not in settings.CHANNELS:
        raise ValueError(f"unknown channel “{draft.channel}”")
    if not draft.address:
        raise ValueError("a message needs an address")
    if draft.time_zone not in _time_zones():
        raise ValueError(f"unknown time zone “{draft.time_zone}”")


@cache
def _time_zones() -> frozenset[str]:
    # Some systems list “localtime”, which PostgreSQL doesn't know.
    return frozenset(available_timezones() - {"localtime"})
