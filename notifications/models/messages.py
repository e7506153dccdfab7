"""The outbox: a message, an address, a time, and what became of it."""

import hashlib
import hmac

from django.conf import settings
from django.db import models
from django.db.models import F, Q
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


def address_hash(address: str) -> str:
    """A keyed hash, so that an address which said stop can be remembered after the address itself is erased."""
    return hmac.new(settings.SECRET_KEY.encode(), address.strip().lower().encode(), hashlib.sha256).hexdigest()


class Message(models.Model):
    """Written by notifications.services only. The same `dedupe_key` is the same message, however often it is scheduled."""

    dedupe_key = models.CharField(max_length=200, unique=True)
    reference = models.CharField(max_length=100, blank=True, help_text=_("What it is about, for the app that scheduled it."))
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    address = models.CharField(_("address"), max_length=254)
    address_hash = models.CharField(max_length=64, editable=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"))
    html = models.TextField(blank=True)

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

    class Meta:
        ordering = ["-send_at", "-pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=[status.value for status in MessageStatus]), name="message_status_is_known"),
            models.CheckConstraint(condition=Q(send_at__lt=F("expires_at")), name="message_expires_after_it_is_sent"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_both_ends",
            ),
        ]
        indexes = [
            # What the claim walks: its cost hangs on what is due, not on how much is scheduled.
            models.Index(fields=["send_at"], condition=Q(status=MessageStatus.SCHEDULED.value), name="messages_to_claim"),
            models.Index(
                fields=["lease_until"],
                condition=Q(status__in=[MessageStatus.SENDING.value, MessageStatus.UNCERTAIN.value]),
                name="messages_to_reconcile",
            ),
        ]

    def __str__(self) -> str:
        """Safe to log: neither address nor text."""
        return f"Message {self.pk}"


class Attempt(models.Model):
    """One try to send a message."""

    message = models.ForeignKey(Message, models.CASCADE)
    token = models.UUIDField(unique=True)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    verdict = models.CharField(_("result"), max_length=20, blank=True, choices=[(verdict.value, verdict.value) for verdict in Verdict])
    error_code = models.CharField(_("error code"), max_length=40, blank=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("try")
        verbose_name_plural = _("tries")

    def __str__(self) -> str:
        return f"Try of message {self.message_id}"


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
