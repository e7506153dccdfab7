"""By when somebody has seen to a concern, and when the next one is told that nobody has."""

from datetime import datetime, timedelta

from django.conf import settings

from aftercare.models import Concern
from scheduling import services as scheduling
from scheduling.models import Location


def clock_from(severity: str, location: Location, since: datetime) -> datetime:
    """An urgent one runs at any hour, another one only while the location is open."""
    if severity == Concern.Severity.URGENT:
        return since + timedelta(minutes=settings.ACKNOWLEDGE_URGENT_MINUTES)
    return scheduling.after_open_hours(location, since, timedelta(minutes=settings.ACKNOWLEDGE_SOON_MINUTES))
