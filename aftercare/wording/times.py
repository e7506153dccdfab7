"""Days and times as patients read them, in their language."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def day_and_time(at: datetime, zone: ZoneInfo, language: str) -> dict[str, str]:
    local = timezone.localtime(at, zone)
    with translation.override(language):
        # Translators: a day in a text message, in Django's date format
        return {"day": date_format(local, _("D, M j")), "time": clock(local)}


def clock_times(instants: Sequence[datetime], zone: ZoneInfo, language: str) -> str:
    """“11:00 PM, 2:00 AM and 5:00 AM”, in the language, to the nearest quarter of an hour."""
    with translation.override(language):
        times = list(dict.fromkeys(clock(timezone.localtime(nearest_quarter(at), zone)) for at in instants))
        return times[0] if len(times) == 1 else _("{all_but_last} and {last}").format(all_but_last=", ".join(times[:-1]), last=times[-1])


def then_at(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“then at 8:00 AM”, in the language: what {then} stands for."""
    with translation.override(language):
        return _("then at {time}").format(time=clock(timezone.localtime(nearest_quarter(at), zone)))


def weekday_and_time(at: datetime, zone: ZoneInfo, language: str) -> str:
    """“on Monday at 8:00 AM”, in the language."""
    local = timezone.localtime(at, zone)
    with translation.override(language):
        return _("on {day} at {time}").format(day=date_format(local, "l"), time=clock(local))


def closed_until(opens_at: datetime | None, zone: ZoneInfo, language: str) -> str:
    """“closed now and open on Monday at 8:00 AM”, or “closed now” where it is shut for good: what {closed} stands for."""
    with translation.override(language):
        if opens_at is None:
            return _("closed now")
        return _("closed now and open {opens}").format(opens=weekday_and_time(opens_at, zone, language))


def nearest_quarter(at: datetime) -> datetime:
    return datetime.fromtimestamp(round(at.timestamp() / 900) * 900, tz=at.tzinfo)


def clock(local: datetime) -> str:
    # Translators: a time of day in a text message, in Django's date format
    return date_format(local, _("g:i A"))
