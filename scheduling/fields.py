"""Values and expressions that scheduling's models are made of."""

from zoneinfo import available_timezones

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ExpressionWrapper, F, Func
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _


def validate_time_zone(value: str) -> None:
    # Some systems list “localtime”, which PostgreSQL doesn't know.
    if value == "localtime" or value not in available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a time zone; use a name such as America/New_York."), code="time_zone", params={"value": value}
        )


def recovery_days() -> Func:
    """daterange [the session's clinic-local day, that day + minimum interval): the days on which the skin takes no other session (F19)."""
    starts_at = Func(F("during"), function="lower", output_field=models.DateTimeField())
    own_day = Cast(Func(F("time_zone"), starts_at, function="timezone", output_field=models.DateTimeField()), models.DateField())
    first_day_after = ExpressionWrapper(own_day + F("minimum_interval_days"), output_field=models.DateField())
    return Func(own_day, first_day_after, function="daterange", output_field=DateRangeField())
