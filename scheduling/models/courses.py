"""A course of treatment, and when the patient should be asked back."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scheduling.domain.interval import LONGEST_INTERVAL_DAYS, SHORTEST_INTERVAL_DAYS
from scheduling.models.patients import Patient
from scheduling.models.treatments import SkinArea, Treatment, interval_validators


class Course(models.Model):
    """A patient's sessions of one treatment: the planned ones, then maintenance every six months (F20) until it is ended."""

    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    treatment = models.ForeignKey(Treatment, models.PROTECT, verbose_name=_("treatment"))
    skin_area = models.CharField(_("skin area"), max_length=20, choices=SkinArea, editable=False)
    planned_sessions = models.PositiveSmallIntegerField(_("planned sessions"))
    minimum_interval_days = models.PositiveSmallIntegerField(_("minimum interval in days"), validators=interval_validators)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        constraints = [
            models.CheckConstraint(
                condition=Q(minimum_interval_days__range=(SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS)),
                name="course_interval_is_28_to_42_days",
                violation_error_message=_("The minimum interval is between 28 and 42 days."),
            ),
            models.UniqueConstraint(
                fields=["patient", "treatment"], condition=Q(ended_at=None), name="one_open_course_per_patient_and_treatment"
            ),
            # What Appointment's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "patient", "skin_area"], name="course_its_patient_and_its_skin"),
        ]

    def __str__(self) -> str:
        return f"{self.treatment}, patient {self.patient_id}"
