"""What people write back."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.domain.states import Meaning
from notifications.models.messages import CHANNELS

MEANINGS = [
    (Meaning.STOP.value, _("wants no more texts")),
    (Meaning.START.value, _("wants texts again")),
    (Meaning.HELP.value, _("asks for help")),
    (Meaning.WORDS.value, _("wrote to us")),
]


class Reply(models.Model):
    """A message from outside. The provider's id makes it the same one however often it is delivered."""

    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    address = models.CharField(_("from"), max_length=254)
    body = models.TextField(_("text"), blank=True)
    meaning = models.CharField(_("meaning"), max_length=10, choices=MEANINGS)
    provider_id = models.CharField(_("provider's id"), max_length=64, unique=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = _("reply")
        verbose_name_plural = _("replies")
        permissions = [("view_addresses", _("Can see whole numbers"))]
        indexes = [models.Index(fields=["address", "-received_at"], name="replies_by_address")]

    def __str__(self) -> str:
        """Safe to log: neither address nor text."""
        return f"Reply {self.pk}"
