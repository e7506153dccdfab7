"""Who waits for an earlier time, which times became free, and to whom they were offered."""

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.models.appointments import Appointment
from scheduling.models.patients import Patient
from scheduling.models.places import Location, Room
from scheduling.models.practitioners import Practitioner
from scheduling.models.treatments import Treatment


class WaitlistEntry(models.Model):
    """A patient who would come on short notice. With an `appointment` she has a time already, and gives it up for an earlier one."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        BOOKED = "booked", _("has taken a time")
        WITHDRAWN = "withdrawn", _("withdrawn")
        OVER = "over", _("the days are over")

    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    treatment = models.ForeignKey(Treatment, models.PROTECT, verbose_name=_("treatment"))
    location = models.ForeignKey(Location, models.PROTECT, verbose_name=_("location"))
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, blank=True, verbose_name=_("with"), help_text=_("Left empty: anybody.")
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, verbose_name=_("instead of"), help_text=_("The time that is given up for it.")
    )
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("until"))
    starts_from = models.TimeField(_("not before"), null=True, blank=True, help_text=_("Left empty: at any time of the day."))
    starts_until = models.TimeField(_("not after"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(_("since"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("added by")
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("waitlist entry")
        verbose_name_plural = _("waitlist")
        constraints = [
            models.CheckConstraint(condition=Q(first_on__lte=F("last_on")), name="waiting_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["patient", "treatment", "location"], condition=Q(status="waiting"), name="waits_once_for_a_treatment"
            ),
        ]
        indexes = [models.Index(fields=["location", "treatment"], condition=Q(status="waiting"), name="who_waits")]

    def __str__(self) -> str:
        """Safe to log: no name in it."""
        return f"Waitlist entry {self.pk}, patient {self.patient_id}"

    def clean(self) -> None:
        if self.first_on and self.last_on and self.first_on > self.last_on:
            raise ValidationError({"last_on": _("The last day can't be before the first.")})
        if self.starts_from and self.starts_until and self.starts_from > self.starts_until:
            raise ValidationError({"starts_until": _("“Not after” can't be earlier than “not before”.")})


class Opening(models.Model):
    """A time that became free: by a cancellation, or by a move away from it. Turnaround included, as in an appointment."""

    practitioner = models.ForeignKey(Practitioner, models.PROTECT, verbose_name=_("practitioner"))
    room = models.ForeignKey(Room, models.PROTECT, verbose_name=_("room"))
    location = models.ForeignKey(Location, models.PROTECT, verbose_name=_("location"))
    during = DateTimeRangeField(_("time"))
    freed_by = models.ForeignKey(Appointment, models.PROTECT, verbose_name=_("freed by"))
    freed_at = models.DateTimeField(_("free since"))  # nobody is asked before
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        ordering = ["-freed_at", "-pk"]
        verbose_name = _("opening")
        verbose_name_plural = _("openings")
        indexes = [models.Index(fields=["freed_at"], condition=Q(closed_at=None), name="open_openings")]

    def __str__(self) -> str:
        return f"Opening {self.pk}"


class Offer(models.Model):
    """An opening offered to one who waits. One at a time, and to nobody twice: the database holds that."""

    class Outcome(models.TextChoices):
        OPEN = "open", _("waits for an answer")
        ACCEPTED = "accepted", _("taken")
        DECLINED = "declined", _("declined")
        EXPIRED = "expired", _("not answered in time")
        LOST = "lost", _("gone")
        UNTOLD = "untold", _("couldn't be told")

    opening = models.ForeignKey(Opening, models.PROTECT, verbose_name=_("opening"))
    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, verbose_name=_("waitlist entry"))
    offered_at = models.DateTimeField(_("offered"))
    answer_by = models.DateTimeField(_("answer by"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.OPEN)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("appointment"))

    class Meta:
        ordering = ["-offered_at", "-pk"]
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        constraints = [
            models.UniqueConstraint(fields=["opening", "entry"], name="an_opening_is_offered_once_to_each"),
            models.UniqueConstraint(fields=["opening"], condition=Q(outcome="open"), name="an_opening_is_offered_to_one_at_a_time"),
            models.UniqueConstraint(fields=["entry"], condition=Q(outcome="open"), name="one_offer_at_a_time_for_each"),
            models.UniqueConstraint(fields=["opening"], condition=Q(outcome="accepted"), name="an_opening_is_taken_once"),
        ]
        indexes = [models.Index(fields=["answer_by"], condition=Q(outcome="open"), name="offers_by_deadline")]

    def __str__(self) -> str:
        return f"Offer {self.pk}"
