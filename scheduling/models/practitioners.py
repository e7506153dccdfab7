"""Who treats, where and when."""

from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduling.models.places import Location, WeeklyHours
from scheduling.models.treatments import Treatment


class Practitioner(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("sign-in"))
    name = models.CharField(_("name"), max_length=100)
    locations = models.ManyToManyField(Location, verbose_name=_("locations"))
    treatments = models.ManyToManyField(Treatment, verbose_name=_("treatments"), help_text=_("What this person may perform."))
    is_active = models.BooleanField(_("works here"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("practitioner")
        verbose_name_plural = _("practitioners")

    def __str__(self) -> str:
        return self.name


class WorkingHours(WeeklyHours):
    """When a practitioner works where. Somebody without any works whenever the location is open."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="working_hours")
    location = models.ForeignKey(Location, models.CASCADE, verbose_name=_("location"))

    class Meta(WeeklyHours.Meta):
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        constraints = [models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="working_hours_end_after_they_start")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}, {self.location}"


class Absence(models.Model):
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="absences")
    during = DateTimeRangeField(_("from – until"))
    reason = models.CharField(_("reason"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="absence_has_a_start_and_an_end",
            )
        ]

    def __str__(self) -> str:
        return self.reason or str(_("away"))
