"""An address that said stop reaches every queue at once: the claim looks here before each send."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from notifications.models import Suppression, address_hash
from notifications.services.announcing import announce
from notifications.signals import address_opted_in, address_opted_out


@transaction.atomic
def suppress(channel: str, address: str, *, reason: str, now: datetime | None = None) -> bool:
    """Nothing more goes to this address. Doing it twice is doing it once; says whether it was new."""
    _, is_new = Suppression.objects.get_or_create(channel=channel, address_hash=address_hash(address), defaults={"reason": reason})
    if is_new:
        announce(address_opted_out, channel=channel, address=address, source=reason, now=now or timezone.now())
    return is_new


@transaction.atomic
def lift_suppression(channel: str, address: str, *, reason: str, now: datetime | None = None) -> bool:
    """She asked for messages again. Says whether the address was suppressed."""
    gone, _ = Suppression.objects.filter(channel=channel, address_hash=address_hash(address)).delete()
    if gone:
        announce(address_opted_in, channel=channel, address=address, source=reason, now=now or timezone.now())
    return bool(gone)
