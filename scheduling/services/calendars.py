"""Calendar addresses: made, revoked, and looked up by the token in them."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from scheduling.models import CalendarFeed, Practitioner

TOKEN_BYTES = 24  # 192 bits; 32 letters in the address
NOTED_EVERY = timedelta(hours=1)


def hash_of(token: str) -> str:
    """A random token of 192 bits needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def make_calendar_address(practitioner: Practitioner, *, by: User | None = None, now: datetime | None = None) -> tuple[CalendarFeed, str]:
    """A new address for the practitioner's calendar, which revokes the one before. The token is returned and kept nowhere."""
    now = now or timezone.now()
    # Of two who make one at the same moment, the second revokes the first one's.
    locked = Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    revoke_calendar_address(locked, now=now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return CalendarFeed.objects.create(practitioner=locked, token_hash=hash_of(token), created_at=now, created_by=by), token


def revoke_calendar_address(practitioner: Practitioner, *, now: datetime | None = None) -> bool:
    """Whether there was one. From here on nobody reads that calendar any more."""
    current = CalendarFeed.objects.filter(practitioner=practitioner, revoked_at=None)
    return current.update(revoked_at=now or timezone.now()) > 0


def calendar_feed(token: str) -> CalendarFeed | None:
    """The feed that the token opens; None where it is unknown, revoked, or its practitioner, or her sign-in, isn't active any more."""
    feeds = CalendarFeed.objects.select_related("practitioner").filter(token_hash=hash_of(token), revoked_at=None)
    return feeds.filter(Q(practitioner__user=None) | Q(practitioner__user__is_active=True), practitioner__is_active=True).first()


def note_reading(feed: CalendarFeed, now: datetime) -> None:
    """That it was read, once an hour at most: programs ask every few minutes, and a row written each time would tell nothing more."""
    long_ago = now - NOTED_EVERY
    if feed.last_read_at is None or feed.last_read_at <= long_ago:
        CalendarFeed.objects.filter(Q(last_read_at=None) | Q(last_read_at__lte=long_ago), pk=feed.pk).update(last_read_at=now)
