"""Holding back what has a `pause_key`, without touching it: the claim looks whether its key is paused."""

from datetime import datetime

from django.db import connection, transaction

from notifications.models import Message, Pause
from notifications.services.claiming import LOOK_AGAIN_MINUTES, WAITS
from notifications.signals import messages_due

# What was put off is due again at once, and past a quarter of an hour it is late: then it goes one an hour, three a day. The claim has
# put it off by no more than LOOK_AGAIN_MINUTES, so the index of what is due has them. Rows that somebody else holds are skipped, so that
# nobody waits in a circle: the next claim finds them.
RESUME = """
WITH resumed AS (
    DELETE FROM notifications_pause WHERE key = %(key)s RETURNING key
), waiting AS (
    SELECT m.id FROM notifications_message m JOIN resumed ON m.pause_key = resumed.key
     WHERE m.status = 'scheduled' AND m.send_at <= %(now)s::timestamptz + make_interval(mins => %(look_again)s)
       AND m.reason LIKE %(waits)s
     ORDER BY m.id
       FOR UPDATE OF m SKIP LOCKED
)
UPDATE notifications_message m
   SET send_at = least(m.send_at, greatest(%(now)s, m.due_at)), reason = '' FROM waiting WHERE m.id = waiting.id
"""


@transaction.atomic
def pause(key: str, *, reason: str, now: datetime) -> bool:
    """From its commit on nothing with that `pause_key` is claimed. Paused twice is paused once; says whether it was new.

    `reason` is what the outbox says of each that waits: it follows “waits:” and “too late to be of use:”.
    """
    _pause, is_new = Pause.objects.get_or_create(key=key, defaults={"reason": reason, "paused_at": now})
    return is_new


@transaction.atomic
def resume(key: str, *, now: datetime) -> int:
    """The pause is over. Says how many messages had been put off; those are due again, at the pace of late messages."""
    with connection.cursor() as cursor:
        cursor.execute(RESUME, {"key": key, "now": now, "look_again": LOOK_AGAIN_MINUTES, "waits": f"{WAITS}%"})
        resumed = int(cursor.rowcount)
    if resumed:
        messages_due.send(Message)
    return resumed
