"""Sessions that end: when nobody has asked for anything for a while, and at the end of a long day in any case.

When one ends stands in its row's `expire_date`. A request that a person made moves that alone, so that nothing is lost of what another
request has put into the session meanwhile.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db import transaction
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


@transaction.atomic
def end_sessions_of(user_id: int) -> None:
    """Whoever is let in again later gives the password again."""
    for session, data in _sessions():
        if data.get(SESSION_KEY) == str(user_id):
            session.delete()


@transaction.atomic
def forget_sentences() -> None:
    """What pages were to say when they are opened next: a patient may be named in it."""
    for session, data in _sessions():
        if data.pop(SessionStorage.session_key, None):
            Session.objects.filter(pk=session.pk).update(session_data=Session.objects.encode(data))


def _sessions() -> Iterator[tuple[Session, dict[str, Any]]]:
    """Those too that have ended and wait for the night. Some dozens: as many as browsers that somebody has signed in with today."""
    for session in Session.objects.select_for_update().order_by("pk"):
        yield session, session.get_decoded()
