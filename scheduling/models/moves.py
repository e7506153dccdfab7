"""Where an appointment was before."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduling.domain.moving import UNDO_FOR
from scheduling.models.appointments import Appointment
from scheduling.models.places import Room
from scheduling.models.practitioners import Practitioner
from scheduling.querysets import MoveQuerySet


class Move(models.Model):
    """One move of an appointment: what it was moved from, and by whom. `revision` is the appointment's own after it.

    What the patient had answered about the old time is kept too: whoever takes the move back gives it back.
    """

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="moves", verbose_name=_("appointment"))
    revision = models.PositiveSmallIntegerField()
    from_starts_at = models.DateTimeField(_("from"))
    from_practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="+", verbose_name=_("from"))
    from_room = models.ForeignKey(Room, models.PROTECT, related_name="+", verbose_name=_("from"))
    from_confirmed_at = models.DateTimeField(null=True, blank=True)
    from_move_requested_at = models.DateTimeField(null=True, blank=True)
    # Other sessions that had to go along were moved with this one, and are taken back with it.
    along_with = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="along", verbose_name=_("along with"))
    moved_at = models.DateTimeField(_("moved"))
    moved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("moved by")
    )
    # A move that was taken back was so by another, and once.
    takes_back = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="taken_back_by", verbose_name=_("takes back")
    )

    objects = MoveQuerySet.as_manager()

    class Meta:
        ordering = ["-moved_at", "-pk"]
        verbose_name = _("move")
        verbose_name_plural = _("moves")

    def __str__(self) -> str:
        return f"Move of appointment {self.appointment_id}"

    @property
    def open_until(self) -> datetime:
        """For as long it can be taken back, and the patient isn't told of it."""
        return self.moved_at + UNDO_FOR

    @property
    def is_news(self) -> bool:
        """Whether `appointment`, as it was left by this move, is at another time or place: another room or practitioner is no news."""
        here = self.appointment.starts_at, self.appointment.location_id
        return here != (self.from_starts_at, self.from_room.location_id)
