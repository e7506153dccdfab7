"""A session in the diary, and what PostgreSQL refuses about it. Scheduling's services turn each constraint's name into a sentence."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from scheduling.domain.interval import LONGEST_INTERVAL_DAYS, SHORTEST_INTERVAL_DAYS
from scheduling.domain.moving import whereabouts
from scheduling.domain.states import BLOCKING, COMING, Status
from scheduling.fields import recovery_days
from scheduling.models.courses import Course
from scheduling.models.patients import Patient
from scheduling.models.places import Location, Room
from scheduling.models.practitioners import Practitioner
from scheduling.models.treatments import SkinArea
from scheduling.querysets import AppointmentQuerySet

BLOCKS = Q(status__in=[status.value for status in BLOCKING])

YEARS = range(2000, 2200)  # that one lies in

STATUSES = [
    (Status.BOOKED.value, _("booked")),
    (Status.ARRIVED.value, _("arrived")),
    (Status.FULFILLED.value, _("completed")),
    (Status.CANCELLED.value, _("cancelled")),
    (Status.NOSHOW.value, _("no-show")),
    (Status.ENTERED_IN_ERROR.value, _("entered in error")),
]


def no_overlap(name: str, who: str) -> ExclusionConstraint:
    return ExclusionConstraint(name=name, expressions=[(who, RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)], condition=BLOCKS)


class Appointment(models.Model):
    """Write it through scheduling.services only; patient, skin area, location and time zone are copies that composite foreign keys
    (in the first migration) hold to the course's, the room's and the location's own."""

    course = models.ForeignKey(Course, models.PROTECT, verbose_name=_("course"))
    patient = models.ForeignKey(Patient, models.PROTECT, verbose_name=_("patient"))
    skin_area = models.CharField(_("skin area"), max_length=20, choices=SkinArea)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, verbose_name=_("practitioner"))
    room = models.ForeignKey(Room, models.PROTECT, verbose_name=_("room"))
    location = models.ForeignKey(Location, models.PROTECT, verbose_name=_("location"))
    time_zone = models.CharField(max_length=64)

    during = DateTimeRangeField(_("time"), help_text=_("Turnaround included."))
    duration_minutes = models.PositiveSmallIntegerField(_("duration in minutes"))
    minimum_interval_days = models.PositiveSmallIntegerField(_("minimum interval in days"))
    # Generated, so that neither a service nor raw SQL can state other days than the session's own (F19).
    recovery = models.GeneratedField(expression=recovery_days(), output_field=recovery_days().output_field, db_persist=True)

    status = models.CharField(_("status"), max_length=20, choices=STATUSES, default=Status.BOOKED.value)
    status_reason = models.CharField(_("reason"), max_length=200, blank=True)
    status_at = models.DateTimeField(_("status since"))
    status_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("status set by")
    )
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True, help_text=_("The actual end of the session."))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, help_text=_("The patient said that she comes."))
    move_requested_at = models.DateTimeField(_("asked to move it"), null=True, blank=True)
    revision = models.PositiveSmallIntegerField(default=0, editable=False, help_text=_("How often it was moved."))
    price = models.DecimalField(_("price"), max_digits=8, decimal_places=2)
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, verbose_name=_("booked by"))
    booked_at = models.DateTimeField(_("booked"))

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["-during"]
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        indexes = [
            GistIndex(fields=["during"], name="appointments_by_time"),
            models.Index(fields=["course", "status"], name="appointments_by_course"),
            # Few among many: what a front desk still has to see to.
            models.Index(fields=["status"], condition=Q(status__in=[status.value for status in COMING]), name="appointments_still_open"),
        ]
        constraints = [
            no_overlap("practitioner_is_free", "practitioner"),
            no_overlap("room_is_free", "room"),
            no_overlap("patient_is_free", "patient"),
            ExclusionConstraint(
                name="skin_has_recovered",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("skin_area", RangeOperators.EQUAL),
                    ("recovery", RangeOperators.OVERLAPS),
                ],
                condition=BLOCKS,
            ),
            models.CheckConstraint(
                condition=Q(minimum_interval_days__range=(SHORTEST_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS)),
                name="appointment_recovery_is_28_to_42_days",
            ),
            # A range without an end, or one that leaves out its start, would slip past the overlaps above; “infinity” counts as an end.
            models.CheckConstraint(
                condition=Q(
                    during__isempty=False,
                    during__lower_inf=False,
                    during__upper_inf=False,
                    during__lower_inc=True,
                    during__upper_inc=False,
                    during__startswith__gte=datetime(YEARS.start, 1, 1, tzinfo=UTC),
                    during__endswith__lt=datetime(YEARS.stop, 1, 1, tzinfo=UTC),
                ),
                name="appointment_has_a_start_and_an_end",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.FULFILLED.value, completed_at__isnull=False)
                | (~Q(status=Status.FULFILLED.value) & Q(completed_at=None)),
                name="appointment_is_completed_when_fulfilled",
            ),
            models.CheckConstraint(condition=Q(status__in=[status.value for status in Status]), name="appointment_status_is_known"),
        ]

    def __str__(self) -> str:
        """Safe to log: no name in it."""
        return f"{self.local_time_text}, patient {self.patient_id}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        """When the session should end; the room stays taken for the turnaround after it."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    def day_of(self, at: datetime) -> date:
        """On the clinic's calendar."""
        return at.astimezone(self.zone).date()

    @property
    def local_day(self) -> date:
        return self.day_of(self.starts_at)

    @property
    def whereabouts(self) -> str:
        return whereabouts(self.starts_at, self.practitioner_id, self.room_id)

    @property
    def local_time_text(self) -> str:
        """Clinic-local, in the reader's format."""
        return date_format(timezone.localtime(self.starts_at, self.zone), "DATETIME_FORMAT")
