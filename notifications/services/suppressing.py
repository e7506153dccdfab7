"""An address that said stop reaches every queue at once: the claim looks here before each send."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Suppression, address_hash
from notifications.services.announcing import announce
from notifications.signals import address_opted_in, address_opted_out

# It waits for a START that is under way on the same address: a STOP must not find the row that is just about to go, and leave it at that.
SUPPRESS = """
INSERT INTO notifications_suppression (channel, address_hash, reason, created_at)
VALUES (%(channel)s, %(hash)s, left(%(reason)s, 100), %(now)s)
ON CONFLICT (channel, address_hash) DO UPDATE SET reason = notifications_suppression.reason
RETURNING xmax = 0
"""


@transaction.atomic
def suppress(channel: str, address: str, *, reason: str, now: datetime | None = None) -> bool:
    """Nothing more goes to this address. Doing it twice is doing it once; says whether it was new."""
    now = now or timezone.now()
    is_new = suppress_hash(channel, address_hash(address), reason=reason, now=now)
    if is_new:
        announce(address_opted_out, channel=channel, address=address, source=reason, now=now)
    return is_new


@transaction.atomic
def suppress_hash(channel: str, hashed: str, *, reason: str, now: datetime) -> bool:
    """As `suppress`, where nobody knows the address any more, and so nobody is told."""
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESS, {"channel": channel, "hash": hashed, "reason": reason, "now": now})
        (is_new,) = cursor.fetchone()
    return bool(is_new)


@transaction.atomic
def lift_suppression(channel: str, address: str, *, reason: str, now: datetime | None = None) -> bool:
    """She asked for messages again. Says whether the address was suppressed."""
    gone, _ = Suppression.objects.filter(channel=channel, address_hash=address_hash(address)).delete()
    if gone:
        announce(address_opted_in, channel=channel, address=address, source=reason, now=now or timezone.now())
    return bool(gone)
