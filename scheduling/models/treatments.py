"""The catalogue."""

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.domain.interval import LONGEST_INTERVAL_DAYS, SHORTEST_INTERVAL_DAYS
from scheduling.domain.recalls import Cadence
from scheduling.fields import validate_currency
from scheduling.signals import cadence_changed

interval_validators = [
    MinValueValidator(SHORTEST_INTERVAL_DAYS, _("The skin needs at least %(limit_value)s days between two sessions.")),
    MaxValueValidator(LONGEST_INTERVAL_DAYS, _("The interval ends at %(limit_value)s days, the end of the recommended window.")),
]


class SkinArea(models.TextChoices):
    """Sessions on the same area keep the interval; the face and the scalp heal independently."""

    FACE = "face", _("Face")
    NECK = "neck", _("Neck and décolleté")
    SCALP = "scalp", _("Scalp")
    HANDS = "hands", _("Hands")
    ABDOMEN = "abdomen", _("Abdomen")
    LEGS = "legs", _("Legs")


class Treatment(models.Model):
    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True)
    skin_area = models.CharField(_("skin area"), max_length=20, choices=SkinArea)
    duration_minutes = models.PositiveSmallIntegerField(_("duration in minutes"), default=60, validators=[MinValueValidator(5)])
    turnaround_minutes = models.PositiveSmallIntegerField(
        _("turnaround in minutes"), default=15, help_text=_("Cleaning and preparing the room afterwards.")
    )
    minimum_interval_days = models.PositiveSmallIntegerField(  # F19
        _("minimum interval in days"), default=SHORTEST_INTERVAL_DAYS, validators=interval_validators
    )
    recommended_within_days = models.PositiveSmallIntegerField(  # F19
        _("recommended within days"),
        default=LONGEST_INTERVAL_DAYS,
        help_text=_("The end of the recommended window after a session. A later booking is allowed, with a warning."),
    )
    maintenance_months = models.PositiveSmallIntegerField(  # F20
        _("maintenance every … months"), default=6, validators=[MinValueValidator(1)]
    )
    planned_sessions = models.PositiveSmallIntegerField(_("sessions in a course"), default=3, validators=[MinValueValidator(1)])
    list_price = models.DecimalField(  # F21
        _("list price"), max_digits=8, decimal_places=2, default=Decimal("640.00"), validators=[MinValueValidator(0)]
    )
    currency = models.CharField(_("currency"), max_length=3, default="USD", validators=[validate_currency])
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("treatment")
        verbose_name_plural = _("treatments")
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_interval_days__range=(SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS)),
                name="treatment_interval_is_28_to_42_days",
                violation_error_message=_("The minimum interval is between 28 and 42 days."),
            ),
            models.CheckConstraint(
                condition=Q(recommended_within_days__gte=F("minimum_interval_days")),
                name="treatment_window_ends_after_the_interval",
                violation_error_message=_("The recommended window can't end before the minimum interval."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Whoever saves it: when its patients are due again changes in the same transaction (F19, F20)."""
        with transaction.atomic():
            previous = Treatment.objects.select_for_update(no_key=True).filter(pk=self.pk).first() if self.pk else None
            super().save(*args, **kwargs)
            if previous is not None and self.cadence != previous.cadence:
                cadence_changed.send(Treatment, treatment=self)

    @property
    def cadence(self) -> Cadence:
        return Cadence(self.recommended_within_days, self.maintenance_months)

    def clean(self) -> None:
        was = Treatment.objects.filter(pk=self.pk).first()
        if was is None or not self.course_set.exists():
            return
        stays = {
            "skin_area": _("Courses of this treatment count on its skin area. Add another treatment instead."),
            "currency": _("Sessions of this treatment have prices in its currency. Add another treatment instead."),
        }
        changed = {name: sentence for name, sentence in stays.items() if getattr(self, name) != getattr(was, name)}
        if changed:
            raise ValidationError(changed)
