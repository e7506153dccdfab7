"""Writing down what became of a batch: one statement, fenced by each try's token."""

import logging
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from notifications.channels import NOT_BEGUN, Outcome, first_poll_at
from notifications.domain.backoff import backoff
from notifications.domain.deciding import Next, after_try
from notifications.domain.states import MessageStatus, Verdict
from notifications.services.alarms import raise_alarm
from notifications.services.announcing import announce
from notifications.services.claiming import Claimed
from notifications.services.suppressing import suppress
from notifications.signals import message_failed

logger = logging.getLogger(__name__)

# Once the row has moved on under another try, this answer changes nothing; but one that the provider has is known to be out, even if
# it was given up for lost and is about to be sent again. The rows are locked in order, as `cancel` does, and a message before its tries,
# as a receipt does. What was called back meanwhile is worthless already, so it isn't scheduled again.
RECORD = """
WITH result AS (
    SELECT r.id, r.token, r.verdict, left(r.code, 40) AS code, left(r.provider_id, 64) AS provider_id, r.status,
           left(r.reason, 200) AS reason, r.send_at, r.poll_at
      FROM unnest(%(ids)s::bigint[], %(tokens)s::uuid[], %(verdicts)s::text[], %(codes)s::text[], %(provider_ids)s::text[],
                         %(statuses)s::text[], %(reasons)s::text[], %(send_ats)s::timestamptz[],
                         %(poll_ats)s::timestamptz[])
        AS r (id, token, verdict, code, provider_id, status, reason, send_at, poll_at)
), locked AS MATERIALIZED (
    SELECT m.id FROM notifications_message m JOIN result USING (id) ORDER BY m.id FOR UPDATE OF m
), attempted AS (
    UPDATE notifications_attempt a
       SET finished_at = %(now)s, verdict = result.verdict, error_code = result.code,
           provider_id = CASE WHEN result.provider_id <> '' THEN result.provider_id ELSE a.provider_id END  -- a receipt may know it
      FROM result JOIN locked USING (id) WHERE a.token = result.token
)
UPDATE notifications_message m
   SET status = CASE WHEN result.send_at >= m.expires_at THEN 'expired' ELSE result.status END,
       reason = CASE WHEN result.send_at >= m.expires_at THEN 'called back while it was being sent' ELSE result.reason END,
       error_code = result.code,
       provider_id = CASE WHEN result.provider_id <> '' THEN result.provider_id ELSE m.provider_id END,
       -- Of one that was erased meanwhile, unless its provider has yet to say what became of it.
       address_hash = CASE WHEN m.address = '' AND result.poll_at IS NULL AND result.status <> 'uncertain' THEN '' ELSE m.address_hash END,
       send_at = CASE WHEN result.send_at < m.expires_at THEN result.send_at ELSE m.send_at END,
       accepted_at = CASE result.status WHEN 'accepted' THEN %(now)s ELSE m.accepted_at END,
       poll_at = result.poll_at,
       lease_until = CASE result.status WHEN 'uncertain' THEN %(now)s + make_interval(secs => %(look_after)s) END
  FROM result JOIN locked USING (id)
 WHERE m.id = result.id AND m.token = result.token
   AND (m.status IN ('sending', 'uncertain') OR m.status = 'scheduled' AND result.status = 'accepted')
RETURNING m.id, m.status, m.reference
"""

# Nobody got these, so another late message to the same address may go.
GIVE_TURN_BACK = """
WITH refused AS (
    SELECT m.channel, m.address_hash, a.started_at
      FROM notifications_attempt a JOIN notifications_message m ON m.id = a.message_id WHERE a.token = ANY(%(tokens)s)
), locked AS MATERIALIZED (
    SELECT pace.id, refused.started_at FROM notifications_pace pace JOIN refused USING (channel, address_hash)
     ORDER BY channel, address_hash FOR UPDATE OF pace
)
UPDATE notifications_pace pace SET late_sends = array_remove(pace.late_sends, locked.started_at) FROM locked WHERE pace.id = locked.id
"""

CERTAINLY_NOT_SENT = (Verdict.REFUSED_FOR_NOW, Verdict.REFUSED_FOR_GOOD, Verdict.OPTED_OUT)


def record_surely(batch: Sequence[Claimed], outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Record, and while PostgreSQL restarts go on trying for half a lease: only this process knows what became of the batch.

    One outcome that PostgreSQL can't take takes no other along. What is given up becomes uncertain when its lease runs out, and the
    provider is asked.
    """
    over_at = time.monotonic() + settings.DISPATCH_LEASE_SECONDS / 2
    pause = 0.05
    while True:
        try:
            return record(batch, outcomes, now=now)
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > over_at:
                raise
            logger.warning("What became of %d messages can't be written down yet: %s", len(batch), type(error).__name__)
            connection.close()
            time.sleep(pause)
            pause = min(pause * 2, 2)
        except DatabaseError as error:
            if connection.in_atomic_block:
                raise
            logger.error("What became of one of %d messages can't be written down: %s", len(batch), type(error).__name__)
            if len(batch) > 1:
                for claimed, outcome in zip(batch, outcomes, strict=True):
                    record_surely([claimed], [outcome], now=now)
            return None


@transaction.atomic
def record(batch: Sequence[Claimed], outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Write a batch's outcomes in one statement, and tell the other apps of those that have failed."""
    if not batch:
        return
    nexts = [_next(claimed, outcome, now) for claimed, outcome in zip(batch, outcomes, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD,
            {
                "now": now,
                "look_after": settings.LOOK_AFTER_SECONDS,
                "ids": [claimed.message_id for claimed in batch],
                "tokens": [claimed.token for claimed in batch],
                "verdicts": [outcome.verdict.value for outcome in outcomes],
                "codes": [outcome.code for outcome in outcomes],
                "provider_ids": [outcome.provider_id for outcome in outcomes],
                "statuses": [following.status.value for following in nexts],
                "reasons": [following.reason for following in nexts],
                "send_ats": [following.send_at for following in nexts],
                "poll_ats": [_poll_at(claimed, following, now) for claimed, following in zip(batch, nexts, strict=True)],
            },
        )
        moved = cursor.fetchall()
    give_turns_back(claimed.token for claimed, outcome in zip(batch, outcomes, strict=True) if _gives_turn_back(claimed, outcome))
    for claimed, outcome in zip(batch, outcomes, strict=True):
        if outcome.verdict is Verdict.OPTED_OUT:
            suppress(claimed.channel, claimed.address, reason=f"provider's error {outcome.code}", now=now)
    pairs = zip(batch, outcomes, strict=True)
    alarms = Counter((claimed.channel, outcome.code, outcome.explanation) for claimed, outcome in pairs if outcome.alarm)
    for (channel, code, explanation), times in sorted(alarms.items()):  # in order: another worker may be raising the same ones
        raise_alarm(channel, code, explanation, times=times, now=now)
    codes = {claimed.message_id: outcome.code for claimed, outcome in zip(batch, outcomes, strict=True)}
    for message_id, status, reference in moved:
        if status == MessageStatus.FAILED:
            announce(message_failed, message_id=message_id, reference=reference, code=codes[message_id], now=now)


def give_turns_back(tokens: Iterable[UUID]) -> None:
    """Of late messages that nobody got on these tries."""
    unused = list(tokens)
    if unused:
        with connection.cursor() as cursor:
            cursor.execute(GIVE_TURN_BACK, {"tokens": unused})


def _next(claimed: Claimed, outcome: Outcome, now: datetime) -> Next:
    tries = 1 if outcome is NOT_BEGUN else claimed.attempts  # it was none
    pause = backoff(tries, random.random(), timedelta(seconds=settings.BACKOFF_FIRST_SECONDS))  # noqa: S311 - jitter
    return after_try(outcome.verdict, outcome.explanation, again_at=now + pause, expires_at=claimed.expires_at)


def _poll_at(claimed: Claimed, following: Next, now: datetime) -> datetime | None:
    return first_poll_at(claimed.channel, now) if following.status is MessageStatus.ACCEPTED else None


def _gives_turn_back(claimed: Claimed, outcome: Outcome) -> bool:
    return claimed.is_late and outcome.verdict in CERTAINLY_NOT_SENT
