"""The outbox: a message, an address, a time, and what became of it."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from notifications.domain.states import MessageStatus, Verdict

CHANNELS = [("sms", _("text message")), ("email", _("email"))]

STATUSES = [
    (MessageStatus.SCHEDULED.value, _("scheduled")),
    (MessageStatus.SENDING.value, _("sending")),
    (MessageStatus.ACCEPTED.value, _("sent")),
    (MessageStatus.DELIVERED.value, _("delivered")),
    (MessageStatus.UNDELIVERED.value, _("not delivered")),
    (MessageStatus.UNCONFIRMED.value, _("sent, never confirmed")),
    (MessageStatus.UNCERTAIN.value, _("uncertain")),
    (MessageStatus.CANCELLED.value, _("cancelled")),
    (MessageStatus.SUPPRESSED.value, _("opted out")),
    (MessageStatus.EXPIRED.value, _("expired")),
    (MessageStatus.FAILED.value, _("failed")),
]


def _local_time_exists() -> Q:
    local_time = Func(F("time_zone"), Value(datetime(2000, 1, 1, tzinfo=UTC)), function="timezone", output_field=models.DateTimeField())
    return Q(IsNull(local_time, False))


class Message(models.Model):
    """Written by notifications.services only. The same `dedupe_key` is the same message, however often it is scheduled."""

    dedupe_key = models.CharField(max_length=200)
    reference = models.CharField(max_length=100, blank=True, help_text=_("What it is about, for the app that scheduled it."))
    is_urgent = models.BooleanField(default=False, editable=False)  # waits for no turn of what is late, and for no cap
    pause_key = models.CharField(max_length=100, blank=True, editable=False)  # of the Pause that holds it back
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    address = models.CharField(_("address"), max_length=254)
    address_hash = models.CharField(max_length=64, editable=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    html = models.TextField(blank=True)
    from_name = models.CharField(max_length=100, blank=True, editable=False)
    unsubscribe_url = models.CharField(max_length=500, blank=True, editable=False)  # a POST there ends emails like it

    due_at = models.DateTimeField(_("planned for"))  # stays, where `send_at` moves with quiet hours and retries
    send_at = models.DateTimeField(_("send at"))
    expires_at = models.DateTimeField(_("worthless after"))
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    status = models.CharField(_("status"), max_length=20, choices=STATUSES, default=MessageStatus.SCHEDULED.value)
    reason = models.CharField(_("why"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    token = models.UUIDField(null=True, editable=False)  # of the try under way: a late worker without it can't overwrite
    lease_until = models.DateTimeField(null=True, editable=False)
    lookups = models.PositiveSmallIntegerField(default=0, editable=False)
    provider_id = models.CharField(_("provider's id"), max_length=64, blank=True)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("planned"), auto_now_add=True)
    accepted_at = models.DateTimeField(_("sent"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    poll_at = models.DateTimeField(null=True, editable=False)  # when the provider is next asked what became of it

    class Meta:
        ordering = ["-send_at", "-pk"]
        verbose_name = _("message in the outbox")
        verbose_name_plural = _("outbox")
        constraints = [
            # Not the field's own `unique`: that would bring a second index, for LIKE, that each claim and record writes.
            models.UniqueConstraint(fields=["dedupe_key"], name="one_message_per_key"),
            models.CheckConstraint(condition=Q(status__in=[status.value for status in MessageStatus]), name="message_status_is_known"),
            models.CheckConstraint(condition=Q(send_at__lt=F("expires_at")), name="message_expires_after_it_is_sent"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
            # PostgreSQL raises an error for a zone that it doesn't know: one such row would stop every claim.
            models.CheckConstraint(condition=_local_time_exists(), name="message_time_zone_is_known"),
        ]
        indexes = [
            # What the claim walks: its cost hangs on what is due, not on how much is scheduled.
            models.Index(fields=["send_at"], condition=Q(status=MessageStatus.SCHEDULED.value), name="messages_to_claim"),
            # And what it walks first: never more than a few.
            models.Index(fields=["send_at"], condition=Q(status=MessageStatus.SCHEDULED.value, is_urgent=True), name="urgent_to_claim"),
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=[MessageStatus.SENDING.value, MessageStatus.UNCERTAIN.value]),
                name="messages_to_reconcile",
            ),
            models.Index(fields=["poll_at"], condition=Q(poll_at__isnull=False), name="messages_to_poll"),
            # What may go another way, as long as it is of use.
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=[MessageStatus.UNDELIVERED.value, MessageStatus.FAILED.value]),
                name="messages_that_failed",
            ),
        ]

    def __str__(self) -> str:
        """Safe to log: neither address nor text."""
        return f"Message {self.pk}"


VERDICTS = [
    (Verdict.ACCEPTED.value, _("sent")),
    (Verdict.REFUSED_FOR_NOW.value, _("refused for now")),
    (Verdict.REFUSED_FOR_GOOD.value, _("refused for good")),
    (Verdict.OPTED_OUT.value, _("opted out")),
    (Verdict.UNCERTAIN.value, _("uncertain")),
]


class Attempt(models.Model):
    """One try to send a message."""

    message = models.ForeignKey(Message, models.CASCADE)
    token = models.UUIDField(unique=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    verdict = models.CharField(_("result"), max_length=20, blank=True, choices=VERDICTS)
    provider_id = models.CharField(_("provider's id"), max_length=64, blank=True)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        indexes = [
            # Whose text is that which the provider's list shows?
            models.Index(fields=["provider_id"], condition=~Q(provider_id=""), name="attempts_by_provider_id"),
        ]

    def __str__(self) -> str:
        return f"Try of message {self.message_id}"


class Receipt(models.Model):
    """What the provider said about a message that it had taken: one row for each thing said, however often it is repeated."""

    message = models.ForeignKey(Message, models.CASCADE)
    provider_id = models.CharField(_("provider's id"), max_length=64)
    provider_status = models.CharField(_("provider's status"), max_length=40)
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(fields=["message", "provider_id", "provider_status", "error_code"], name="one_receipt_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"Receipt of message {self.message_id}"
