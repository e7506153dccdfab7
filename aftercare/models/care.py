"""A patient's plan after a session, and the ledger of everything that she was to be told."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftercare.models.protocols import KINDS, Protocol
from notifications.models import Message
from notifications.models.messages import CHANNELS
from scheduling.models import Appointment, Patient


class Plan(models.Model):
    """The aftercare of one completed session. A completion that is reopened stops it; completing again starts a new one."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, verbose_name=_("appointment"))
    protocol = models.ForeignKey(Protocol, models.PROTECT, verbose_name=_("protocol"))
    completed_at = models.DateTimeField(_("session completed"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    stop_reason = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering = ["-completed_at"]
        verbose_name = _("aftercare plan")
        verbose_name_plural = _("aftercare plans")
        constraints = [
            models.UniqueConstraint(fields=["appointment"], condition=Q(stopped_at=None), name="one_running_plan_per_appointment"),
        ]

    def __str__(self) -> str:
        return f"Aftercare of appointment {self.appointment_id}"


class CareMessage(models.Model):
    """One thing that a patient was to be told. Without a `message` it never went to the outbox, and `reason` says why."""

    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, verbose_name=_("appointment"))
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=20, choices=KINDS)
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    planned_for = models.DateTimeField(_("planned for"))
    message = models.OneToOneField(Message, models.SET_NULL, null=True, blank=True, verbose_name=_("message"))
    reason = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering = ["-planned_for", "-pk"]
        verbose_name = _("message to a patient")
        verbose_name_plural = _("messages to patients")
        indexes = [models.Index(fields=["patient", "-planned_for"], name="care_messages_by_patient")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, patient {self.patient_id}"
