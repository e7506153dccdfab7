"""For how long somebody has to wait, in words."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def from_when(moment: datetime, now: datetime) -> str:
    """“in 16 seconds”, or “at 10:33 AM”: the first full minute by then, on the clinic's clock."""
    seconds = int((moment - now).total_seconds()) + 1
    if seconds < 60:
        return ngettext("in %(count)s second", "in %(count)s seconds", seconds) % {"count": seconds}
    minute = timezone.localtime(moment + timedelta(seconds=59)).replace(second=0, microsecond=0)
    return _("at %(time)s") % {"time": date_format(minute, "TIME_FORMAT")}
