"""What the processes leave about themselves, for whoever watches them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """Renewed by beat and by each worker for as long as it goes on. One that was stopped in order takes its own away."""

    class Kind(models.TextChoices):
        BEAT = "beat", _("beat")
        WORKER = "worker", _("worker")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=255)  # as the process calls itself
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_heartbeat_per_process")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Tally(models.Model):
    """How much of something has happened: the sum of its rows. Each happening adds one, so that nobody waits for anybody else's row.

    Triggers on the outbox (in the fourth migration) write “messages”, by channel and status; “lateness” and “lateness ms”, by channel, of
    what a provider has taken; and “errors”, by channel and the provider's code. We write “bookings refused”, by the refusal's code.
    """

    metric = models.CharField(max_length=30)
    channel = models.CharField(max_length=10, blank=True)
    label = models.CharField(max_length=40, blank=True)
    number = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")

    def __str__(self) -> str:
        return f"{self.metric} {self.channel} {self.label}: {self.number:+}"
