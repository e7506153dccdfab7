"""A patient's plan after a session, and the ledger of everything that she was to be told and of what she said."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from aftercare.domain.reasons import UNREACHABLE
from aftercare.models.concerns import Concern
from aftercare.models.protocols import KINDS, Protocol
from aftercare.querysets import SPOKEN, CareMessageQuerySet
from notifications.models import Message, Reply
from notifications.models.messages import CHANNELS
from scheduling.models import Appointment, Patient, Product, RecallAction


class Plan(models.Model):
    """The aftercare of one completed session. A completion that is reopened stops it, a clinician may, and the next session of the same
    skin does; completed or started again there is a new one, which tells nothing that was told already."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, verbose_name=_("appointment"))
    protocol = models.ForeignKey(Protocol, models.PROTECT, verbose_name=_("protocol"))
    completed_at = models.DateTimeField(_("session completed"))
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True, verbose_name=_("product"))  # F16
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("stopped by")
    )
    stop_reason = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        ordering = ["-completed_at"]
        verbose_name = _("aftercare plan")
        verbose_name_plural = _("aftercare plans")
        permissions = [
            ("stop_plan", "Can stop aftercare plans, and start them again"),
            ("move_plans_over", "Can move running plans over to a newer version of their protocol"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["appointment"], condition=Q(stopped_at=None), name="one_running_plan_per_appointment"),
        ]

    def __str__(self) -> str:
        return f"Aftercare of appointment {self.appointment_id}"


class CareMessage(models.Model):
    """One thing that a patient was to be told, or, with a `reply`, that came from her, or from a number that no patient has.

    What was to be told and has no `message` never went to the outbox; `reason` says why. `key` says which message of its plan or
    appointment it is: the same on every line that stands in for another.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, verbose_name=_("patient"))
    # Indexed below, along with the time.
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("appointment"))
    plan = models.ForeignKey(Plan, models.CASCADE, null=True, blank=True, verbose_name=_("plan"))
    kind = models.CharField(_("kind"), max_length=20, choices=KINDS)
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    planned_for = models.DateTimeField(_("planned for"))
    key = models.CharField(max_length=120, blank=True, editable=False)
    message = models.OneToOneField(Message, models.SET_NULL, null=True, blank=True, verbose_name=_("message"))
    reason = models.CharField(_("why"), max_length=200, blank=True)
    # One stand-in at most: what can't be delivered is never told twice.
    stands_in_for = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="stand_in", verbose_name=_("instead of")
    )
    reply = models.ForeignKey(Reply, models.PROTECT, null=True, blank=True, verbose_name=_("reply"))
    # What she was told that this reply is an answer to, where that is plain.
    answers = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="answered_by", verbose_name=_("answer to"))
    concern = models.ForeignKey(
        Concern, models.SET_NULL, null=True, blank=True, related_name="lines", verbose_name=_("concern")
    )  # that it raised, or belongs to
    # Indexed below: nearly every line is about none.
    recall_action = models.ForeignKey(
        RecallAction, models.PROTECT, null=True, blank=True, db_index=False, related_name="lines", verbose_name=_("recall")
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("written by")
    )  # of words of our own
    read_at = models.DateTimeField(_("read"), null=True, blank=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("read by")
    )

    # What went wrong, and somebody has seen to.
    dealt_with_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    dealt_with_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("dealt with by")
    )

    objects = CareMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_for", "-pk"]
        verbose_name = _("message to a patient")
        verbose_name_plural = _("messages")
        permissions = [
            ("view_addresses", "Can see whole addresses in the ledger"),
            ("read_replies", "Can mark replies as read, and what went wrong as dealt with"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["patient", "reply"], name="one_line_per_patient_and_reply"),
            models.UniqueConstraint(fields=["reply"], condition=Q(patient=None), name="one_line_per_reply_of_nobody"),
            models.UniqueConstraint(fields=["recall_action"], condition=Q(recall_action__isnull=False), name="one_line_per_recall_made"),
            models.CheckConstraint(condition=Q(patient__isnull=False) | Q(reply__isnull=False), name="only_a_reply_may_be_nobodys"),
        ]
        indexes = [
            models.Index(fields=["patient", "-planned_for"], name="care_messages_by_patient"),
            models.Index(fields=["appointment", "-planned_for"], name="care_messages_by_appointment"),
            models.Index(fields=["-planned_for", "-id"], name="care_messages_by_time"),
            models.Index(fields=["planned_for"], condition=Q(reply__isnull=False, read_at=None), name="replies_to_read"),
            models.Index(fields=["-planned_for"], condition=SPOKEN, name="conversations_by_time"),
            models.Index(fields=["planned_for"], condition=Q(reason__in=UNREACHABLE, dealt_with_at=None), name="nothing_could_go_out"),
        ]

    def __str__(self) -> str:
        """Safe to log: neither name nor text."""
        return f"{self.get_kind_display()}, patient {self.patient_id}"

    @property
    def zone(self) -> ZoneInfo:
        """The clock that it is read on: hers, or ours where it is nobody's."""
        return self.patient.zone if self.patient else ZoneInfo(settings.TIME_ZONE)
