"""Where an appointment was before."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.models.appointments import Appointment
from scheduling.models.places import Room
from scheduling.models.practitioners import Practitioner


class Move(models.Model):
    """One move of an appointment: what it was moved from, and by whom. `revision` is the appointment's own after it."""

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="moves", verbose_name=_("appointment"))
    revision = models.PositiveSmallIntegerField()
    from_starts_at = models.DateTimeField(_("from"))
    from_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("from"))
    from_room = models.ForeignKey(Room, models.PROTECT, related_name="+", verbose_name=_("from"))
    # Other sessions that had to go along were moved with this one, and are taken back with it.
    along_with = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="along", verbose_name=_("along with"))
    moved_at = models.DateTimeField(_("moved"))
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("moved by")
    )
    undone_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta:
        ordering = ["-moved_at", "-pk"]
        verbose_name = _("move")
        verbose_name_plural = _("moves")

    def __str__(self) -> str:
        return f"Move of appointment {self.appointment_id}"
