"""What is known of an address, under a keyed hash of it: so it can be remembered after the address itself is erased."""

import hashlib
import hmac

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.messages import CHANNELS


def address_hash(address: str) -> str:
    """Keyed by ADDRESS_HASH_KEY: whoever has the table alone can't try out numbers on it."""
    return hmac.new(settings.ADDRESS_HASH_KEY.encode(), address.strip().lower().encode(), hashlib.sha256).hexdigest()


class Suppression(models.Model):
    """An address that said stop. Only its keyed hash is kept, so it survives the erasure of the patient."""

    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    address_hash = models.CharField(max_length=64)
    reason = models.CharField(_("why"), max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("opted-out address")
        verbose_name_plural = _("opted-out addresses")
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="one_suppression_per_address")]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"


class Pace(models.Model):
    """When messages went late to an address: after an outage nobody gets a burst. Written by the claim."""

    channel = models.CharField(max_length=10, choices=CHANNELS)
    address_hash = models.CharField(max_length=64)
    late_sends = ArrayField(models.DateTimeField(), help_text=_("The latest ones, oldest first."))

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("paces")
        constraints = [models.UniqueConstraint(fields=["channel", "address_hash"], name="one_pace_per_address")]

    def __str__(self) -> str:
        return f"Pace {self.pk}"
