"""When to remind a patient of a session."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.quiet import QuietHours

REMINDERS = (timedelta(hours=48), timedelta(hours=3))
EVENING_BEFORE = timedelta(hours=1)  # ahead of the quiet hours


def remind_at(starts_at: datetime, before: timedelta, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    """`before` the session; where that is at an absurd hour, the evening before it, an hour ahead of the quiet hours."""
    at = starts_at - before
    return quiet.started_at(at, zone) - EVENING_BEFORE if quiet.covers(at.astimezone(zone)) else at
