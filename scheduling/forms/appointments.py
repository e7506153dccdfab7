"""What the front desk types about an appointment."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def on_the_wall(typed: datetime, zone: ZoneInfo) -> datetime:
    """What was typed is the clock at the clinic; Django has read it in the current time zone."""
    return timezone.make_naive(typed).replace(tzinfo=zone)
