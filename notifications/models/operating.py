"""What the person who runs it must know, and what holds the sending back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.messages import CHANNELS


class Alarm(models.Model):
    """Something that only an operator can mend, such as a sender that carriers filter. One is open per channel and code."""

    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    code = models.CharField(_("code"), max_length=40)
    explanation = models.CharField(_("what is wrong"), max_length=300)
    raised_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))
    times = models.PositiveIntegerField(_("how often"), default=1)
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)

    class Meta:
        ordering = ["-last_at"]
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [models.UniqueConstraint(fields=["channel", "code"], condition=Q(cleared_at=None), name="one_open_alarm_per_code")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.code}"


class Pause(models.Model):
    """While it is there, the claim puts off every message with that `pause_key`. What is past its validity meanwhile isn't sent."""

    key = models.CharField(max_length=100, unique=True)
    reason = models.CharField(_("why"), max_length=100)
    paused_at = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")

    def __str__(self) -> str:
        return f"Pause {self.pk}"


class DailyCount(models.Model):
    """How many messages a channel has begun to send on a day of the clinic. Written by the claim, for the daily cap."""

    channel = models.CharField(max_length=10, choices=CHANNELS)
    day = models.DateField()
    messages = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("day's count")
        verbose_name_plural = _("days' counts")
        constraints = [models.UniqueConstraint(fields=["channel", "day"], name="one_count_per_channel_and_day")]

    def __str__(self) -> str:
        return f"{self.channel} on {self.day}"
