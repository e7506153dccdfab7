"""Who is treated."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from scheduling.errors import PatientErased
from scheduling.fields import searchable, validate_patient_name, validate_time_zone
from scheduling.querysets import PatientQuerySet
from scheduling.signals import patient_changed

OLDEST = 120
# By which channels a recall may go to her.
REACHED_BY = [("", _("nothing")), ("sms", _("text")), ("email", _("email")), ("sms,email", _("text, email"))]
ADULT_AT = 22  # microneedling devices are authorised from this age on


class Patient(models.Model):
    changed_by: User | None = None  # who is about to save her, where that is known; not kept

    first_name = models.CharField(_("first name"), max_length=80, validators=[validate_patient_name])
    last_name = models.CharField(_("last name"), max_length=80, validators=[validate_patient_name])
    birth_date = models.DateField(_("date of birth"))
    phone = PhoneNumberField(_("cell phone"), blank=True)
    email = models.EmailField(_("email"), blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        default=settings.TIME_ZONE,
        validators=[validate_time_zone],
        help_text=_("Where the patient lives: messages keep to the clock there."),
    )
    language = models.CharField(_("language"), max_length=5, choices=settings.PATIENT_LANGUAGES, default="en")
    wants_quiet_nights = models.BooleanField(
        _("quiet nights"),
        default=False,
        help_text=_("No texts between 9 pm and 8 am, not even in the first 24 hours: one before bedtime names the night's doses."),
    )
    hyperpigmentation_risk = models.BooleanField(  # F14
        _("risk of dark patches"), default=False, help_text=_("Tends to post-inflammatory hyperpigmentation.")
    )
    active_products = models.CharField(  # F8
        _("active products"),
        max_length=200,
        blank=True,
        help_text=_("Retinoids, AHA, BHA, PHA, peels: they can start a purge too."),
    )
    notes = models.TextField(_("notes"), blank=True)
    # What she agreed to is another app's to know: it says so through `note_reach`, and `save` leaves it as it is.
    reached_by = models.CharField(_("recalls reach her by"), max_length=20, blank=True, db_default="", choices=REACHED_BY, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Since then nothing here says who she was, and nothing changes any more: PostgreSQL holds that (in the second migration).
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)
    searchable = models.GeneratedField(expression=searchable(), output_field=models.TextField(), db_persist=True)

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        verbose_name = _("patient")
        verbose_name_plural = _("patients")
        permissions = [
            ("import_patients", "Can add patients in bulk, from a file"),
            ("assess_skin", "Can say whether the skin tends to dark patches"),
        ]
        indexes = [GinIndex(fields=["searchable"], name="patients_by_any_part", opclasses=["gin_trgm_ops"])]

    def __str__(self) -> str:
        """Safe to log: the admin's log, errors and task names copy it. People see `full_name`."""
        return f"Patient {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever saves her, the desk or a script: what is queued for her changes in the same transaction, or she isn't changed.

        Raises PatientErased.
        """
        with transaction.atomic():
            previous = Patient.objects.select_for_update(no_key=True).filter(pk=self.pk).first() if self.pk else None
            saved = kwargs.get("update_fields")
            is_gone = previous is None and not self._state.adding  # Django would add her anew
            if is_gone or (previous is not None and previous.erased_at):
                raise PatientErased("This patient was erased meanwhile. Nothing was saved.")
            if previous is not None and saved is not None:
                self._become_as(previous, but=saved)
            if previous is not None:
                self.reached_by = previous.reached_by
            super().save(*args, **kwargs)
            if previous is not None:
                patient_changed.send(Patient, patient=self, previous=previous, by=self.changed_by, now=timezone.now())

    def _become_as(self, stored: "Patient", *, but: Iterable[str]) -> None:
        """Whoever read her a moment ago and saves one field has changed nothing else about her, whatever was changed meanwhile."""
        for field in self._meta.concrete_fields:
            if field.name not in but and not field.generated:
                setattr(self, field.attname, getattr(stored, field.attname))

    def clean(self) -> None:
        if self.birth_date and not 0 <= self.age_on(timezone.localdate()) <= OLDEST:
            raise ValidationError({"birth_date": _("Please check the year of birth.")})

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def label(self) -> str:
        """Enough to tell two patients of one name apart."""
        return self.full_name if self.erased_at else f"{self.full_name}, {date_format(self.birth_date, 'DATE_FORMAT')}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def age_on(self, day: date) -> int:
        """In whole years."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)
