"""The claim: what is due goes to exactly one worker, and what must not go is set aside with its reason."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

LEASE_SECONDS = 120

# One statement on the database's clock. Rows that another worker is claiming are skipped, not waited for, so any number of workers
# and dispatchers may run it at once. `wake_at` is the end of the quiet hours that now falls into, where it does.
CLAIM = """
WITH clock AS (
    SELECT coalesce(%(now)s::timestamptz, now()) AS now
), due AS MATERIALIZED (
    SELECT m.id, m.channel, m.address_hash, m.expires_at, m.quiet_from, m.quiet_until, m.time_zone,
           clock.now AT TIME ZONE m.time_zone AS local, clock.now
      FROM notifications_message m, clock
     WHERE m.status = 'scheduled' AND m.send_at <= clock.now
     ORDER BY m.send_at
     LIMIT %(limit)s
       FOR UPDATE OF m SKIP LOCKED
), woken AS (
    SELECT due.*,
           CASE WHEN CASE WHEN quiet_from <= quiet_until THEN local::time >= quiet_from AND local::time < quiet_until
                          ELSE local::time >= quiet_from OR local::time < quiet_until END
                THEN (local::date + (local::time >= quiet_until)::int + quiet_until) AT TIME ZONE time_zone END AS wake_at
      FROM due
), judged AS (
    SELECT woken.id, woken.now, woken.wake_at,
           CASE WHEN EXISTS (SELECT FROM notifications_suppression s
                              WHERE s.channel = woken.channel AND s.address_hash = woken.address_hash) THEN 'suppressed'
                WHEN expires_at <= woken.now OR expires_at <= wake_at THEN 'expired'
                WHEN wake_at IS NOT NULL THEN 'scheduled'
                ELSE 'sending' END AS status,
           CASE WHEN expires_at <= woken.now THEN 'too late to be of use'
                WHEN expires_at <= wake_at THEN 'of no use after the quiet hours' ELSE '' END AS lateness,
           gen_random_uuid() AS token
      FROM woken
), claimed AS (
    UPDATE notifications_message m
       SET status = judged.status,
           reason = CASE judged.status WHEN 'suppressed' THEN 'the address opted out'
                                       WHEN 'expired' THEN judged.lateness
                                       WHEN 'scheduled' THEN 'waits for the end of the quiet hours' ELSE '' END,
           send_at = CASE judged.status WHEN 'scheduled' THEN judged.wake_at ELSE m.send_at END,
           attempts = m.attempts + (judged.status = 'sending')::int,
           token = CASE judged.status WHEN 'sending' THEN judged.token END,
           lease_until = CASE judged.status WHEN 'sending' THEN judged.now + make_interval(secs => %(lease)s) END
      FROM judged
     WHERE m.id = judged.id
 RETURNING m.id, m.token, m.channel, m.address, m.subject, m.body, m.html, m.expires_at, m.attempts, m.status
), attempted AS (
    INSERT INTO notifications_attempt (message_id, token, started_at, verdict, provider_id, error_code)
    SELECT claimed.id, claimed.token, clock.now, '', '', '' FROM claimed, clock WHERE claimed.status = 'sending'
)
SELECT id, token, channel, address, subject, body, html, expires_at, attempts, status FROM claimed
"""


class Claimed(NamedTuple):
    """A message under lease: whoever holds its token may send it, once."""

    message_id: int
    token: UUID
    channel: str
    address: str
    subject: str
    body: str
    html: str
    expires_at: datetime
    attempts: int


class Claim(NamedTuple):
    to_send: list[Claimed]
    seen: int  # with those set aside: as many as asked for means that there may be more


def claim_due(limit: int = 100, *, now: datetime | None = None) -> Claim:
    """Take up to `limit` due messages under a lease of 120 s. It is committed on return: nothing is sent inside a transaction.

    Those whose address opted out become suppressed, those past their validity expired; those in the quiet hours wait for their end.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "limit": limit, "lease": LEASE_SECONDS})
        rows = cursor.fetchall()
    return Claim([Claimed(*row[:9]) for row in rows if row[9] == "sending"], len(rows))
