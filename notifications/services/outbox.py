"""Putting messages into the outbox and taking them out again, in the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.utils import timezone

from notifications.domain.quiet import QuietHours
from notifications.domain.states import MessageStatus
from notifications.models import Message, address_hash
from notifications.signals import messages_due

# All drafts in one statement, as one JSON document: that costs us a tenth of what bulk_create does. An update that changes nothing is
# what makes PostgreSQL return the ids of the rows that were there already.
SCHEDULE = """
INSERT INTO notifications_message (
       dedupe_key, reference, is_urgent, pause_key, channel, address, address_hash, subject, body, html, from_name, unsubscribe_url,
       due_at, send_at, expires_at, quiet_from, quiet_until, time_zone,
       status, reason, attempts, lookups, provider_id, error_code, created_at)
SELECT dedupe_key, reference, is_urgent, pause_key, channel, address, address_hash, subject, body, html, from_name, unsubscribe_url,
       due_at, send_at, expires_at, quiet_from, quiet_until, time_zone,
       'scheduled', '', 0, 0, '', '', %(scheduled_at)s
  FROM json_to_recordset(%(drafts)s) AS draft (
       dedupe_key text, reference text, is_urgent boolean, pause_key text, channel text, address text, address_hash text,
       subject text, body text, html text, from_name text, unsubscribe_url text,
       due_at timestamptz, send_at timestamptz, expires_at timestamptz, quiet_from time, quiet_until time, time_zone text)
    ON CONFLICT (dedupe_key) DO UPDATE SET dedupe_key = excluded.dedupe_key
RETURNING id, dedupe_key
"""

# The rows are locked in order, as `record` does: two who want the same ones wait for each other, and never in a circle.
CANCEL = """
WITH locked AS MATERIALIZED (
    {wanted}
)
UPDATE notifications_message m
   SET status = CASE locked.status WHEN 'scheduled' THEN 'cancelled' ELSE m.status END,
       reason = CASE locked.status WHEN 'scheduled' THEN %s ELSE m.reason END,
       expires_at = CASE locked.status WHEN 'scheduled' THEN m.expires_at ELSE m.send_at + interval '1 microsecond' END
  FROM locked
 WHERE m.id = locked.id AND locked.status IN ('scheduled', 'sending', 'uncertain')
RETURNING m.status
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be. `quiet` are the hours, in `time_zone`, in which it must wait; None lets it go at any hour.

    `due_at` is for one that stands in for a message which was due earlier, and so is as late as that.
    It waits while its `pause_key` is paused. One that `is_urgent` waits neither for the turn of what is late nor for the next day's cap.
    Of an email, `from_name` is who it is from, at our own address, and `unsubscribe_url` where a POST ends emails like it.
    """

    dedupe_key: str
    channel: str
    address: str
    body: str
    send_at: datetime
    expires_at: datetime
    subject: str = ""
    html: str = ""
    from_name: str = ""
    unsubscribe_url: str = ""
    quiet: QuietHours | None = None
    time_zone: str = "UTC"
    reference: str = ""
    is_urgent: bool = False
    pause_key: str = ""
    due_at: datetime | None = None


def schedule(drafts: Sequence[Draft], *, now: datetime | None = None) -> list[Message]:
    """Write the drafts, in order, as scheduled messages, in one statement. A `dedupe_key` that is there already stays as it is.

    The messages come back by their ids; the rest of a row is read where somebody asks for it.
    Raises ValueError for what no claim or channel could handle: one such row would hold up all others.
    """
    ids = {key: pk for pk, key in schedule_with(SCHEDULE, {}, drafts, now=now)}
    return [Message.from_db(connection.alias, ["id"], [ids[draft.dedupe_key]]) for draft in drafts]


def schedule_with(
    statement: str, parameters: Mapping[str, Any], drafts: Sequence[Draft], *, now: datetime | None = None
) -> list[tuple[Any, ...]]:
    """As `schedule`, within a statement of the caller's own, so that its rows and the messages are written in one round trip.

    The statement holds SCHEDULE as `WITH scheduled AS (…)`, which gives it each message's `id` by `dedupe_key`. Returns its rows.
    """
    now = now or timezone.now()
    for draft in drafts:
        _require_sendable(draft)
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(statement, {**parameters, "scheduled_at": now, "drafts": _as_json(drafts)})
        rows = cursor.fetchall()
        if any(draft.send_at <= now for draft in drafts):
            messages_due.send(Message)
    return rows


def _as_json(drafts: Sequence[Draft]) -> str:
    hashes = {address: address_hash(address) for address in {draft.address for draft in drafts}}
    by_key = {
        draft.dedupe_key: {
            "dedupe_key": draft.dedupe_key,
            "reference": draft.reference,
            "is_urgent": draft.is_urgent,
            "pause_key": draft.pause_key,
            "channel": draft.channel,
            "address": draft.address,
            "address_hash": hashes[draft.address],
            "subject": draft.subject,
            "body": draft.body,
            "html": draft.html,
            "from_name": draft.from_name,
            "unsubscribe_url": draft.unsubscribe_url,
            "due_at": (draft.due_at or draft.send_at).isoformat(),
            "send_at": draft.send_at.isoformat(),
            "expires_at": draft.expires_at.isoformat(),
            "quiet_from": draft.quiet.starts.isoformat() if draft.quiet else None,
            "quiet_until": draft.quiet.ends.isoformat() if draft.quiet else None,
            "time_zone": draft.time_zone,
        }
        for draft in reversed(drafts)  # the first of a key counts
    }
    return json.dumps([*reversed(by_key.values())])


def cancel(message_ids: Iterable[int], *, reason: str) -> int:
    """Cancel those still scheduled, in one statement, and say how many. `message_ids` may be a query for them.

    What is claimed already can't be called back. But it isn't tried again where that try fails: it is worthless from now on.
    """
    wanted = Message.objects.select_for_update().filter(pk__in=message_ids).order_by("id").values("id", "status")
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        try:
            sql, parameters = wanted.query.sql_with_params()
        except EmptyResultSet:
            return 0
        cursor.execute(CANCEL.format(wanted=sql), [*parameters, reason])
        return [status for (status,) in cursor].count(MessageStatus.CANCELLED)


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
