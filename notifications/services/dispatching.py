"""Claim, send, record. No transaction is open while the network is awaited."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from notifications.channels import Outcome, send_batch
from notifications.domain.backoff import backoff
from notifications.domain.states import MessageStatus, Verdict
from notifications.models import Message
from notifications.services.alarms import raise_alarm
from notifications.services.claiming import Claimed, claim_due
from notifications.services.suppressing import suppress
from notifications.signals import message_failed

LOOK_AFTER_SECONDS = 120

# Fenced by the token: once the row has moved on under another try, this answer changes nothing. The rows are locked in order, as
# `cancel` does. What was called back meanwhile is worthless already, so it isn't scheduled again.
RECORD = """
WITH result AS (
    SELECT r.id, r.token, r.verdict, left(r.code, 40) AS code, left(r.provider_id, 64) AS provider_id, r.status,
           left(r.reason, 200) AS reason, r.send_at
      FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[], %(verdicts)s::text[], %(codes)s::text[], %(provider_ids)s::text[],
                         %(statuses)s::text[], %(reasons)s::text[], %(send_ats)s::timestamptz[])
        AS r (id, token, verdict, code, provider_id, status, reason, send_at)
), locked AS MATERIALIZED (
    SELECT m.id FROM notifications_message m JOIN result USING (id) ORDER BY m.id FOR UPDATE OF m
), attempted AS (
    UPDATE notifications_attempt a SET finished_at = %(now)s, verdict = result.verdict, provider_id = result.provider_id, error_code = result.code
      FROM result WHERE a.token = result.token
)
UPDATE notifications_message m
   SET status = CASE WHEN result.send_at >= m.expires_at THEN 'expired' ELSE result.status END,
       reason = CASE WHEN result.send_at >= m.expires_at THEN 'called back while it was being sent' ELSE result.reason END,
       error_code = result.code,
       provider_id = CASE WHEN result.provider_id <> '' THEN result.provider_id ELSE m.provider_id END,
       send_at = CASE WHEN result.send_at < m.expires_at THEN result.send_at ELSE m.send_at END,
       accepted_at = CASE result.status WHEN 'accepted' THEN %(now)s ELSE m.accepted_at END,
       lease_until = CASE result.status WHEN 'uncertain' THEN %(now)s + make_interval(secs => %(look_after)s) END
  FROM result JOIN locked USING (id)
 WHERE m.id = result.id AND m.token = result.token AND m.status IN ('sending', 'uncertain')
RETURNING m.id, m.status, m.reference
"""


class Dispatched(NamedTuple):
    """Counts of one run; `more` says that the batch was full, so another run is worth its while."""

    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    more: bool = False

    def __add__(self, other: "Dispatched") -> "Dispatched":  # type: ignore[override]
        return Dispatched(self.accepted + other.accepted, self.refused + other.refused, self.set_aside + other.set_aside, other.more)


def dispatch(*, now: datetime | None = None) -> Dispatched:
    """Send one batch of what is due and record what became of it."""
    claim = claim_due(settings.DISPATCH_BATCH_SIZE, now=now)
    outcomes = asyncio.run(send_batch(claim.to_send)) if claim.to_send else []
    record(claim.to_send, outcomes, now=now or timezone.now())
    accepted = sum(outcome.verdict is Verdict.ACCEPTED for outcome in outcomes)
    return Dispatched(accepted, len(outcomes) - accepted, claim.seen - len(outcomes), claim.seen == settings.DISPATCH_BATCH_SIZE)


def dispatch_until_idle(*, now: datetime | None = None) -> Dispatched:
    """Dispatch batch after batch until one comes back less than full."""
    total = dispatch(now=now)
    while total.more:
        total += dispatch(now=now)
    return total


@transaction.atomic
def record(batch: Sequence[Claimed], outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write a batch's outcomes in one statement."""
    if not batch:
        return
    nexts = [_next(claimed, outcome, now) for claimed, outcome in zip(batch, outcomes, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "now": now,
                "look_after": LOOK_AFTER_SECONDS,
                "ids": [claimed.message_id for claimed in batch],
                "tokens": [claimed.token for claimed in batch],
                "verdicts": [outcome.verdict.value for outcome in outcomes],
                "codes": [outcome.code for outcome in outcomes],
                "provider_ids": [outcome.provider_id for outcome in outcomes],
                "statuses": [following.status.value for following in nexts],
                "reasons": [following.reason for following in nexts],
                "send_ats": [following.send_at for following in nexts],
            },
        )
        moved = cursor.fetchall()
    for claimed, outcome in zip(batch, outcomes, strict=True):
        if outcome.verdict is Verdict.OPTED_OUT:
            suppress(claimed.channel, claimed.address, reason=f"provider's error {outcome.code}")
        if outcome.alarm:
            raise_alarm(claimed.channel, outcome.code, outcome.explanation, now=now)
    for message_id, status, reference in moved:
        if status == MessageStatus.FAILED:
            message_failed.send(Message, message_id=message_id, reference=reference)


class Next(NamedTuple):
    status: MessageStatus
    reason: str = ""
    send_at: datetime | None = None


def _next(claimed: Claimed, outcome: Outcome, now: datetime) -> Next:
    match outcome.verdict:
        case Verdict.ACCEPTED:
            return Next(MessageStatus.ACCEPTED)
        case Verdict.OPTED_OUT:
            return Next(MessageStatus.SUPPRESSED, "the address opted out")
        case Verdict.REFUSED_FOR_GOOD:
            return Next(MessageStatus.FAILED, outcome.explanation)
        case Verdict.UNCERTAIN:
            return Next(MessageStatus.UNCERTAIN, outcome.explanation)
        case Verdict.REFUSED_FOR_NOW:
            again_at = now + backoff(claimed.attempts, random.random())  # noqa: S311 - jitter
            if again_at >= claimed.expires_at:
                return Next(MessageStatus.EXPIRED, f"not accepted in time: {outcome.explanation}")
            return Next(MessageStatus.SCHEDULED, f"to be tried again: {outcome.explanation}", again_at)
