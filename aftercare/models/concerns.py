"""Something worrying that a patient said, until somebody has seen to it, and who is told of it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from scheduling.fields import validate_name
from scheduling.models import Location, Patient

MAY_RESOLVE = "aftercare.resolve_concern"


class Concern(models.Model):
    """Open until it is resolved; what she writes meanwhile belongs to it, too. Without a patient it came from a number that nobody has."""

    class Severity(models.TextChoices):
        URGENT = "urgent", _("urgent")  # a red flag (F7, F11, F12, F14)
        SOON = "soon", _("soon")  # unsure, worse, or words that may mean either

    patient = models.ForeignKey(Patient, models.PROTECT, null=True, blank=True, verbose_name=_("patient"))
    location = models.ForeignKey(Location, models.PROTECT, verbose_name=_("location"))  # who is on call there, and on which clock
    severity = models.CharField(_("severity"), max_length=10, choices=Severity.choices)
    flags = ArrayField(models.SlugField(), verbose_name=_("signs"), default=list, blank=True)  # of aftercare.domain.triage
    said = models.TextField(_("what was said"))
    raised_at = models.DateTimeField(_("raised"))
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("raised by")
    )  # nobody: by what she wrote
    acknowledge_by = models.DateTimeField(_("to be acknowledged by"))
    escalate_at = models.DateTimeField(null=True, blank=True, editable=False)  # when the next one is told; none: nobody any more
    remind_at = models.DateTimeField(null=True, blank=True, editable=False)  # acknowledged, or nobody is left to tell: and still open
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("acknowledged by")
    )
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("resolved by")
    )
    note = models.TextField(_("what came of it"), blank=True)

    class Meta:
        ordering = ["-raised_at", "-pk"]
        verbose_name = _("concern")
        verbose_name_plural = _("concerns")
        permissions = [
            ("acknowledge_concern", "Can acknowledge concerns, and answer patients"),
            ("resolve_concern", "Can resolve concerns"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=Q(resolved_at=None, patient__isnull=False), name="one_open_concern_per_patient"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | (Q(resolved_at__isnull=False) & ~Q(note="")), name="a_concern_is_resolved_with_a_note"
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None, escalate_at=None, remind_at__isnull=False)
                | Q(resolved_at=None, escalate_at__isnull=False, remind_at=None)
                | Q(resolved_at__isnull=False, escalate_at=None, remind_at=None),
                name="no_open_concern_is_forgotten",
            ),
        ]
        indexes = [
            models.Index(fields=["acknowledge_by"], condition=Q(resolved_at=None), name="concerns_open"),
        ]

    def __str__(self) -> str:
        """Safe to log: neither name nor words."""
        return f"Concern {self.pk}"

    @property
    def heard(self) -> int:
        """The number of the step with which the newest words came: whoever looked before what comes later knows a lower one."""
        said = (ConcernEvent.What.RAISED, ConcernEvent.What.SAID_MORE)
        return max((event.pk for event in self.events.all() if event.what in said), default=0)


class ConcernEvent(models.Model):
    """What became of a concern, step by step: append-only, which PostgreSQL holds (in the third migration)."""

    class What(models.TextChoices):
        RAISED = "raised", _("raised")
        SAID_MORE = "said_more", _("more was said")
        WORSENED = "worsened", _("made urgent")
        TOLD = "told", _("told")  # somebody on call
        NOBODY = "nobody", _("nobody left to tell")
        REMINDED = "reminded", _("reminded")  # that it is open; without a contact, `detail` says whom
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ANSWERED = "answered", _("answered")
        RESOLVED = "resolved", _("resolved")

    concern = models.ForeignKey(Concern, models.CASCADE, related_name="events")
    what = models.CharField(_("what"), max_length=20, choices=What.choices)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by"))
    contact = models.ForeignKey("OnCallContact", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("who was told"))
    detail = models.CharField(_("details"), max_length=200, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("step of a concern")
        verbose_name_plural = _("steps of concerns")

    def __str__(self) -> str:
        return f"{self.get_what_display()}, concern {self.concern_id}"


class OnCallContact(models.Model):
    """Who is told of a concern: the first of the location at once, the next ones in turn while nobody acknowledges it."""

    name = models.CharField(_("name"), max_length=100, validators=[validate_name])
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("sign-in"))
    phone = PhoneNumberField(_("mobile phone"), blank=True)
    email = models.EmailField(_("email"), blank=True)
    locations = models.ManyToManyField(Location, verbose_name=_("locations"), blank=True, help_text=_("Without any: for all."))
    position = models.PositiveSmallIntegerField(_("turn"), default=1, help_text=_("Who has the lowest number is told first."))
    is_active = models.BooleanField(_("on call"), default=True)

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("on-call contact")
        verbose_name_plural = _("on-call contacts")
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""),
                name="an_on_call_contact_can_be_reached",
                violation_error_message=_("Give a mobile phone or an email address: otherwise nobody can be told."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.phone and self.phone.extension:
            raise ValidationError({"phone": _("Texts can’t go to an extension: give a mobile phone’s number, or leave it empty.")})
        if self.phone and Location.objects.filter(phone=self.phone).exists():
            raise ValidationError({"phone": _("That is the clinic’s own number: give the mobile phone of whoever is on call.")})
