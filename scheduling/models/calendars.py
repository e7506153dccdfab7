"""A practitioner's days as a calendar that her phone can subscribe to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.models.practitioners import Practitioner


class CalendarFeed(models.Model):
    """A secret address. Only its hash is kept: it is shown once, and whoever lost it makes another, which revokes this one."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="calendar_feeds", verbose_name=_("practitioner"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_read_at = models.DateTimeField(_("last read"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")
        constraints = [
            models.UniqueConstraint(fields=["practitioner"], condition=Q(revoked_at=None), name="one_calendar_address_per_practitioner")
        ]

    def __str__(self) -> str:
        return str(self.practitioner)
