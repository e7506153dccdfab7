"""The claim: what is due goes to exactly one worker, and what must not go is set aside with its reason."""

import time
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from notifications.domain.quiet import MIDNIGHT, at_wall_clock
from notifications.services.alarms import raise_alarm

LATE_MINUTES = 15  # then it goes late: its provider is asked first whether it has it, and nobody gets a burst of them
LOOK_AGAIN_MINUTES = 15  # at what is paused. Taking the pause away doesn't wait for it, except for what a claim puts off just then
WAITS = "waits: "  # how the reason of what is paused begins
SPARE_SECONDS = 20  # of the lease, for the try itself and for writing down what became of it

# One statement on the database's clock, and a transaction of its own: a worker that is frozen or killed around it holds no lock. Rows
# that another worker is claiming are skipped, not waited for, so any number of workers and dispatchers may run it at once.
#
# What is urgent comes first, by an index of its own: in one walk by both, all that is scheduled for some day would lie between.
#
# `wake_at` is the end of the quiet hours that now falls into, `hushed_at` when the next ones begin. `later_at` is when a message that must
# wait may go: a late one goes one an hour to an address, three a day. That pace is taken by an upsert, which sees what another claim has
# just committed where this statement's snapshot doesn't.
CLAIM = """
WITH clock AS (
    SELECT coalesce(%(now)s::timestamptz, now()) AS now
), urgent AS MATERIALIZED (
    SELECT m.* FROM notifications_message m, clock
     WHERE m.status = 'scheduled' AND m.is_urgent AND m.send_at <= clock.now
     ORDER BY m.send_at
     LIMIT %(limit)s
       FOR UPDATE OF m SKIP LOCKED
), routine AS MATERIALIZED (
    SELECT m.* FROM notifications_message m, clock
     WHERE m.status = 'scheduled' AND NOT m.is_urgent AND m.send_at <= clock.now
     ORDER BY m.send_at
     LIMIT %(routine)s
       FOR UPDATE OF m SKIP LOCKED
), due AS MATERIALIZED (
    SELECT m.id, m.channel, m.address_hash, m.send_at, m.expires_at, m.quiet_from, m.quiet_until, m.time_zone, m.is_urgent, m.pause_key,
           clock.now AT TIME ZONE m.time_zone AS local, clock.now, clock.now - m.due_at > make_interval(mins => %(late)s) AS is_late
      FROM (SELECT * FROM urgent UNION ALL SELECT * FROM routine) m, clock
     ORDER BY m.is_urgent DESC, m.send_at
     LIMIT %(limit)s
), woken AS (
    SELECT due.*, CASE WHEN pause_key <> '' THEN (SELECT p.reason FROM notifications_pause p WHERE p.key = pause_key) END AS paused_for,
           CASE WHEN CASE WHEN quiet_from <= quiet_until THEN local::time >= quiet_from AND local::time < quiet_until
                          ELSE local::time >= quiet_from OR local::time < quiet_until END
                THEN (local::date + (local::time >= quiet_until)::int + quiet_until) AT TIME ZONE time_zone END AS wake_at,
           (local::date + (local::time >= quiet_from)::int + quiet_from) AT TIME ZONE time_zone AS hushed_at
      FROM due
), judged AS (
    SELECT woken.*,
           CASE WHEN EXISTS (SELECT FROM notifications_suppression s
                              WHERE s.channel = woken.channel AND s.address_hash = woken.address_hash) THEN 'opted out'
                WHEN expires_at <= now THEN 'too late'
                WHEN paused_for IS NOT NULL THEN 'paused'
                WHEN wake_at IS NOT NULL THEN 'quiet'
                WHEN channel = 'sms' AND %(texts_left)s::int = 0 AND NOT is_urgent THEN 'capped'
                WHEN is_late AND NOT is_urgent THEN 'late'
                ELSE 'free' END AS standing
      FROM woken
), within_cap AS (
    SELECT numbered.*, row_number() OVER (PARTITION BY standing, channel, address_hash ORDER BY send_at, id) AS turn
      FROM (SELECT judged.*, row_number() OVER (PARTITION BY channel, standing IN ('late', 'free') ORDER BY send_at, id) AS place
              FROM judged) AS numbered
     WHERE standing NOT IN ('late', 'free') OR channel <> 'sms' OR is_urgent OR place <= coalesce(%(texts_left)s::int, place)
), paced AS (
    INSERT INTO notifications_pace AS pace (channel, address_hash, late_sends)
    SELECT channel, address_hash, ARRAY[now] FROM within_cap WHERE standing = 'late' AND turn = 1 ORDER BY channel, address_hash
    ON CONFLICT (channel, address_hash) DO UPDATE
       SET late_sends = pace.late_sends[greatest(cardinality(pace.late_sends) - 1, 1):] || excluded.late_sends
     WHERE coalesce(pace.late_sends[cardinality(pace.late_sends)] <= excluded.late_sends[1] - interval '1 hour', true)
       AND coalesce(pace.late_sends[cardinality(pace.late_sends) - 2] <= excluded.late_sends[1] - interval '1 day', true)
 RETURNING channel, address_hash
), timed AS (
    SELECT w.id, w.now, w.expires_at, w.hushed_at, w.is_late, w.turn, w.paused_for,
           CASE WHEN standing = 'late' AND turn = 1 AND paced.channel IS NOT NULL THEN 'free' ELSE standing END AS standing,
           CASE standing
                WHEN 'paused' THEN least(now + make_interval(mins => %(look_again)s), w.expires_at - interval '1 microsecond')
                WHEN 'quiet' THEN wake_at
                WHEN 'capped' THEN %(next_day)s
                WHEN 'late' THEN (turn - 1) * interval '1 hour' + CASE
                     WHEN paced.channel IS NOT NULL THEN now
                     ELSE coalesce(nullif(greatest(now, pace.late_sends[cardinality(pace.late_sends)] + interval '1 hour',
                                                   pace.late_sends[cardinality(pace.late_sends) - 2] + interval '1 day'), now),
                                   now + interval '1 hour') END
           END AS later_at
      FROM within_cap w
      LEFT JOIN paced USING (channel, address_hash)
      LEFT JOIN notifications_pace pace USING (channel, address_hash)
), settled AS (
    SELECT timed.*, gen_random_uuid() AS token,
           CASE WHEN standing = 'free' THEN 'sending'
                WHEN standing = 'opted out' THEN 'suppressed'
                WHEN standing = 'too late' OR later_at >= expires_at THEN 'expired'
                ELSE 'scheduled' END AS status
      FROM timed
), claimed AS (
    UPDATE notifications_message m
       SET status = settled.status,
           reason = CASE WHEN settled.status = 'sending' THEN ''
                         WHEN settled.status = 'suppressed' THEN 'the address opted out'
                         WHEN standing = 'too late' AND paused_for IS NOT NULL THEN 'too late to be of use: ' || paused_for
                         WHEN standing = 'too late' THEN 'too late to be of use'
                         WHEN settled.status = 'expired' THEN CASE standing
                              WHEN 'quiet' THEN 'of no use after the quiet hours'
                              WHEN 'capped' THEN 'the day''s cap was reached, and tomorrow it is of no use'
                              ELSE 'late, and of no use by its turn: late messages go one an hour, three a day' END
                         ELSE CASE standing
                              WHEN 'paused' THEN 'waits: ' || paused_for
                              WHEN 'quiet' THEN 'waits for the end of the quiet hours'
                              WHEN 'capped' THEN 'waits for tomorrow: the day''s cap was reached'
                              ELSE 'late, waits for its turn: late messages go one an hour, three a day' END END,
           send_at = CASE settled.status WHEN 'scheduled' THEN settled.later_at ELSE m.send_at END,
           attempts = m.attempts + (settled.status = 'sending')::int,
           lookups = CASE settled.status WHEN 'sending' THEN 0 ELSE m.lookups END,
           token = CASE settled.status WHEN 'sending' THEN settled.token END,
           lease_until = CASE settled.status WHEN 'sending' THEN settled.now + make_interval(secs => %(lease)s) END
      FROM settled
     WHERE m.id = settled.id
 RETURNING m.id, m.token, m.channel, m.address, m.subject, m.body, m.html, m.from_name, m.unsubscribe_url,
           m.due_at, m.expires_at, m.attempts, m.is_urgent, settled.is_late,
           least(settled.expires_at, settled.hushed_at) - settled.now AS lasts, m.status
), attempted AS (
    INSERT INTO notifications_attempt (message_id, token, started_at, verdict, provider_id, error_code)
    SELECT claimed.id, claimed.token, clock.now, '', '', '' FROM claimed, clock WHERE claimed.status = 'sending'
)
SELECT * FROM claimed ORDER BY is_urgent DESC, due_at, id
"""

# The row is locked until the claim is committed: two claims at once can't both have the day's last text.
COUNT = """
INSERT INTO notifications_dailycount AS count (channel, day, messages) VALUES ('sms', %(day)s, %(texts)s)
ON CONFLICT (channel, day) DO UPDATE SET messages = count.messages + excluded.messages RETURNING messages
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
    from_name: str
    unsubscribe_url: str
    due_at: datetime
    expires_at: datetime
    attempts: int
    is_urgent: bool  # the channel lets it go before others that wait
    is_late: bool
    begins_by: float  # or not at all: on the monotonic clock, its validity's end or the next quiet hours

    @property
    def sought_since(self) -> datetime:
        return self.due_at


class Claim(NamedTuple):
    to_send: list[Claimed]
    seen: int  # with those set aside: as many as asked for means that there may be more
    deadline: float  # on the monotonic clock: what hasn't begun to be sent by then mustn't begin


def claim_due(limit: int = 100, *, only_urgent: bool = False, now: datetime | None = None) -> Claim:
    """Take up to `limit` due messages under a lease, urgent ones first. It is committed on return: nothing is sent inside a transaction.

    Those whose address opted out become suppressed, those past their validity expired. What falls into the quiet hours, goes late too
    soon after another, exceeds the day's cap, or is paused, waits.
    """
    with transaction.atomic(durable=True):
        pass  # never inside another transaction
    started = time.monotonic()
    deadline = started + settings.DISPATCH_LEASE_SECONDS - SPARE_SECONDS * settings.DISPATCH_LEASE_SECONDS / 120
    routine = 0 if only_urgent else limit
    rows = _claim_within_cap(limit, routine, now) if settings.SMS_DAILY_CAP else _claim(limit, routine, now)
    to_send = [Claimed._make([*row, started + lasts.total_seconds()]) for *row, lasts, status in rows if status == "sending"]
    return Claim(to_send, len(rows), deadline)


def _claim(
    limit: int, routine: int, now: datetime | None, texts_left: int | None = None, next_day: datetime | None = None
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            CLAIM,
            {
                "now": now,
                "limit": limit,
                "routine": routine,
                "late": LATE_MINUTES,
                "look_again": LOOK_AGAIN_MINUTES,
                "lease": settings.DISPATCH_LEASE_SECONDS,
                "texts_left": texts_left,
                "next_day": next_day,
            },
        )
        return cursor.fetchall()


def _claim_within_cap(limit: int, routine: int, now: datetime | None) -> list[tuple[Any, ...]]:
    zone = ZoneInfo(settings.TIME_ZONE)
    day = (now or timezone.now()).astimezone(zone).date()
    with transaction.atomic():
        texts_left = max(settings.SMS_DAILY_CAP - _count(day, 0), 0)
        rows = _claim(limit, routine, now, texts_left, at_wall_clock(day + timedelta(days=1), MIDNIGHT, zone))
        _count(day, sum(row[2] == "sms" and row[-1] == "sending" for row in rows))
        if not texts_left and any(row[2] == "sms" for row in rows):
            raise_alarm("sms", "daily cap", f"The day's cap of {settings.SMS_DAILY_CAP} texts is reached; the rest waits.", now=now)
    return rows


def _count(day: date, texts: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"day": day, "texts": texts})
        return int(cursor.fetchone()[0])
