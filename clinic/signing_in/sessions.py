"""Sessions that end: when nobody has asked for anything for a while, and at the end of a long day in any case.

When one ends stands in its row's `expire_date`. A request that a person made moves that alone, so that nothing is lost of what another
request has put into the session meanwhile.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

SIGNED_IN_AT = "signed_in_at"  # seconds since 1970
POLL = "X-Poll"  # the header of what a page asks for by itself: clinic/static/clinic/session.js
PRECISION = timedelta(seconds=10)  # a page's parts, asked for at once, write once


class SessionStore(DatabaseStore):
    def get_session_cookie_age(self) -> int:
        """Seconds for which it lasts from now on, if nobody does anything more."""
        longest = settings.LONGEST_SESSION_HOURS * 3600
        if signed_in_at := self.get(SIGNED_IN_AT):
            longest = max(0, int(signed_in_at + longest - timezone.now().timestamp()))
        return min(longest, settings.IDLE_MINUTES * 60) if settings.IDLE_MINUTES else longest

    def renew(self) -> None:
        """Somebody is here. One that has ended stays so."""
        until: datetime = self.get_expiry_date()
        mine = self.model.objects.filter(session_key=self.session_key)
        mine.filter(expire_date__gt=timezone.now(), expire_date__lt=until - PRECISION).update(expire_date=until)

    def seconds_left(self) -> int:
        ends_at = self.model.objects.values_list("expire_date", flat=True).get(session_key=self.session_key)
        return max(0, int((ends_at - timezone.now()).total_seconds()))
