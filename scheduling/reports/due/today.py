"""Which day it is in the report."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from scheduling.models import Location


def today_at(location: int | None) -> date:
    """A location's own day; else the day at the clinic's TIME_ZONE."""
    zone = Location.objects.filter(pk=location).values_list("time_zone", flat=True).first() if location else None
    return timezone.localdate(timezone=ZoneInfo(zone) if zone else None)
