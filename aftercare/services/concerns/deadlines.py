"""By when somebody has seen to a concern, when the next one is told that nobody has, and when somebody is reminded that it is open."""

from datetime import datetime, timedelta

from django.conf import settings

from aftercare.models import Concern
from scheduling import services as scheduling
from scheduling.models import Location

A_DAY, A_WEEK = timedelta(days=1), timedelta(weeks=1)


def clock_from(severity: str, location: Location, since: datetime) -> datetime:
    """An urgent one runs at any hour, another one only while the location is open."""
    if severity == Concern.Severity.URGENT:
        return since + timedelta(minutes=settings.ACKNOWLEDGE_URGENT_MINUTES)
    return scheduling.after_open_hours(location, since, timedelta(minutes=settings.ACKNOWLEDGE_SOON_MINUTES))


def set_clocks(concern: Concern, until: datetime | None, *, now: datetime) -> None:
    """The next one is told at `until`. None: it is acknowledged, or nobody is left to tell, and somebody is reminded. Requires its lock."""
    concern.escalate_at, concern.remind_at = until, None if until else now + reminded_every(concern)
    concern.save(update_fields=["escalate_at", "remind_at"])


def reminded_every(concern: Concern) -> timedelta:
    """An acknowledged one that isn't urgent holds nothing back, and a letter that comes daily is soon read no more."""
    return A_WEEK if concern.acknowledged_at and concern.severity != Concern.Severity.URGENT else A_DAY
