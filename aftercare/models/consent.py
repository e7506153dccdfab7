"""What a patient agreed to."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from aftercare.domain.consent import Purpose
from notifications.models.messages import CHANNELS
from scheduling.models import Patient

# With rights of this file: what the law gives a patient, and a manager does for her.
MAY_EXPORT = ("scheduling.view_patient", "aftercare.export_patient")
MAY_ERASE = ("scheduling.view_patient", "aftercare.erase_patient")

PURPOSES = [(Purpose.CARE.value, _("care")), (Purpose.RECALL.value, _("recall"))]


class Consent(models.Model):
    """Append-only, which PostgreSQL holds (in the third migration): the latest row for a patient, purpose and channel counts, and only
    for the address that it names. Of whoever was erased it names none."""

    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    purpose = models.CharField(_("purpose"), max_length=10, choices=PURPOSES)
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    address = models.CharField(_("address"), max_length=254)
    is_granted = models.BooleanField(_("granted"))
    wording_version = models.CharField(_("wording"), max_length=20)
    most_per_day = models.PositiveSmallIntegerField(_("most a day, as told"))
    source = models.CharField(_("source"), max_length=50)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, verbose_name=_("taken by"))
    given_at = models.DateTimeField(_("when"))

    class Meta:
        ordering = ["-given_at", "-pk"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        permissions = [
            ("export_patient", "Can hand out all that is held of a patient, as a file"),
            ("erase_patient", "Can erase patients"),
        ]
        indexes = [models.Index(fields=["patient", "purpose", "channel", "-given_at"], name="consents_latest_first")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} by {self.get_channel_display()}, patient {self.patient_id}"
