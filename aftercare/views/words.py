"""How long ago, and how much longer: as it is said in the inbox."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
IN_MINUTES = 2 * AN_HOUR  # up to here


def ago(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    since = now - at
    if since < A_MINUTE:
        return _("just now")
    if since < AN_HOUR:
        return _("%(count)s min ago") % {"count": since // A_MINUTE}
    if since < A_DAY:
        return _("%(count)s h ago") % {"count": since // AN_HOUR}
    there, here = timezone.localtime(at, zone), timezone.localtime(now, zone)
    if there.date() == here.date() - A_DAY:
        return _("yesterday")
    return day(at, zone, now)


def day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """“Tue, Nov 3”, with the year where that is another one."""
    there, here = timezone.localtime(at, zone), timezone.localtime(now, zone)
    return date_format(there, "D, M j" if there.year == here.year else "M j, Y")


def since(at: datetime, now: datetime) -> str:
    """As `ago`, however long ago: “26 h ago”, “3 days ago”."""
    return _("just now") if now - at < A_MINUTE else _("%(span)s ago") % {"span": span(now - at)}


def time_left(until: datetime, now: datetime) -> str:
    """“12 min left to acknowledge”, “8 min late”. A minute that has begun counts as left."""
    if now >= until:
        late = now - until
        return _("to be acknowledged now") if late < A_MINUTE else _("%(span)s late") % {"span": span(late)}
    return _("%(span)s left to acknowledge") % {"span": span(until - now + A_MINUTE - timedelta(microseconds=1))}


def span(length: timedelta) -> str:
    if length < IN_MINUTES:
        return _("%(count)s min") % {"count": length // A_MINUTE}
    if length < 2 * A_DAY:
        return _("%(count)s h") % {"count": length // AN_HOUR}
    return _("%(count)s days") % {"count": length // A_DAY}


def clock(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """“2:03 AM”, with the day where that is another one."""
    there, here = timezone.localtime(at, zone), timezone.localtime(now, zone)
    if there.date() == here.date():
        return date_format(there, "g:i A")
    return date_format(there, "D, M j, g:i A" if there.year == here.year else "M j, Y, g:i A")
