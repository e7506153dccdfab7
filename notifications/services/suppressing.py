"""An address that said stop reaches every queue at once: the claim looks here before each send."""

from django.db import transaction

from notifications.models import Suppression
from notifications.models.messages import address_hash
from notifications.signals import address_opted_out


@transaction.atomic
def suppress(channel: str, address: str, *, reason: str) -> None:
    """Nothing more goes to this address. Doing it twice is doing it once."""
    _, is_new = Suppression.objects.get_or_create(channel=channel, address_hash=address_hash(address), defaults={"reason": reason})
    if is_new:
        address_opted_out.send(Suppression, channel=channel, address=address)
