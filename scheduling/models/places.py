"""Where sessions take place."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from scheduling.fields import validate_name, validate_time_zone


class Location(models.Model):
    """A clinic's address. Its time zone decides on which day a session falls."""

    name = models.CharField(_("name"), max_length=100, unique=True, validators=[validate_name])
    address = models.CharField(_("address"), max_length=200, blank=True)
    phone = PhoneNumberField(_("phone"), help_text=_("Patients are told to call this number."))
    after_hours_phone = PhoneNumberField(
        _("phone out of hours"),
        blank=True,
        help_text=_("Who is worried while you are closed is told to call it. Left empty: the emergency number alone."),
    )
    emergency_number = models.CharField(_("emergency number"), max_length=20, default="911", help_text=_("Of the place itself."))
    time_zone = models.CharField(_("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone])

    class Meta:
        ordering = ["name"]
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        constraints = [
            # What Appointment's composite foreign key points at.
            models.UniqueConstraint(fields=["id", "time_zone"], name="location_and_its_time_zone"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        was = Location.objects.filter(pk=self.pk).values_list("time_zone", flat=True).first()
        if was and was != self.time_zone and self.appointment_set.exists():
            raise ValidationError(
                {"time_zone": _("The time zone can't change any more: appointments are counted in days of %(zone)s.") % {"zone": was}}
            )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Room(models.Model):
    location = models.ForeignKey(Location, models.PROTECT, verbose_name=_("location"))
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["location__name", "name"]
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(fields=["location", "name"], name="one_room_of_a_name_per_location"),
            models.UniqueConstraint(fields=["id", "location"], name="room_and_its_location"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.location}"

    def clean(self) -> None:
        was = Room.objects.filter(pk=self.pk).values_list("location_id", flat=True).first()
        if was and was != self.location_id and self.appointment_set.exists():
            raise ValidationError({"location": _("This room has appointments where it is. Add another room at the other location.")})


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class WeeklyHours(models.Model):
    """A span of local clock time on one weekday."""

    weekday = models.SmallIntegerField(_("weekday"), choices=Weekday)
    opens_at = models.TimeField(_("from"))
    closes_at = models.TimeField(_("until"))

    class Meta:
        abstract = True
        ordering = ["weekday", "opens_at"]

    def clean(self) -> None:
        # A field that didn't parse has its own message already.
        if self.opens_at and self.closes_at and self.opens_at >= self.closes_at:
            raise ValidationError(_("“From” must be earlier than “until”."))

    def validate_constraints(self, exclude: Any = None) -> None:
        """`clean` has said it in better words."""


class OpeningHours(WeeklyHours):
    """When a location is open. A location without any is taken as always open."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="opening_hours")

    class Meta(WeeklyHours.Meta):
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = [models.CheckConstraint(condition=Q(opens_at__lt=F("closes_at")), name="opening_hours_end_after_they_start")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class Closure(models.Model):
    """Whole days on which a location is shut."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="closures")
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=100)

    class Meta:
        ordering = ["starts_on"]
        verbose_name = _("closure")
        verbose_name_plural = _("closures")
        constraints = [models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="closure_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.reason}, {self.starts_on}–{self.ends_on}"

    def clean(self) -> None:
        if self.starts_on and self.ends_on and self.starts_on > self.ends_on:
            raise ValidationError(_("The last day of a closure can't be before its first."))

    def validate_constraints(self, exclude: Any = None) -> None:
        """`clean` has said it in better words."""
