"""Who tries too often to sign in has to wait: by name and address together, and, after many more tries, by either alone.

So one who has forgotten her password doesn't shut out the clinic, which is behind one address, and a name that is tried from everywhere
is safe all the same. django-axes counts; it knows one limit, and this makes three of it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max, QuerySet, Sum
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.addresses import network_of
from clinic.models.trail import Action
from clinic.services import trail
from clinic.signing_in.moments import from_when

logger = logging.getLogger(__name__)

STRANGER = "a name that nobody has"  # instead of it, on the trail: people type their password there
# In the order of AXES_LOCKOUT_PARAMETERS.
LIMITS = (settings.AXES_FAILURE_LIMIT, settings.SIGN_IN_FAILURES_BY_NAME, settings.SIGN_IN_FAILURES_BY_ADDRESS)


class Lockout(AxesDatabaseHandler):
    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any) -> None:
        """A try that isn't even looked at is neither counted nor written down: there are as many as somebody likes."""
        is_looked_at = request is not None and not is_locked(request)
        if is_looked_at:
            _note(Action.SIGN_IN_FAILED, request, credentials)
            logger.warning("A sign-in failed, %s", from_where(request))  # fail2ban reads it
        super().user_login_failed(sender, credentials, request, **kwargs)
        if is_looked_at and is_locked(request):
            _note(Action.LOCKED_OUT, request, credentials)

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """In fifths of whichever limit is nearest: 5 is as many as one may have, 20 of 20 as well as 5 of 5."""
        return max(count * settings.AXES_FAILURE_LIMIT // limit for count, _at, limit in self._tallies(request, credentials))

    def reset_user_attempts(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        """Who has signed in has no failures any more; those under her name from elsewhere, and her neighbors' own, stay."""
        by_name_and_address = self.filter_user_attempts(request, credentials)[0]
        return by_name_and_address.delete()[0]

    def locked_until(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> datetime:
        """By then at the latest. Tries in the meantime put it off no further."""
        full = [at for count, at, limit in self._tallies(request, credentials) if count >= limit and at]
        return max(full, default=timezone.now() - settings.AXES_COOLOFF_TIME) + settings.AXES_COOLOFF_TIME

    def _tallies(self, request: HttpRequest, credentials: dict[str, Any] | None) -> list[tuple[int, datetime | None, int]]:
        """(failures, when the last one was, how many are too many), by name and address, by name, by address."""
        found = []
        for attempts, limit in zip(self.get_user_attempts(request, credentials), LIMITS, strict=True):
            of_them = attempts.aggregate(count=Sum("failures_since_start"), last_at=Max("attempt_time"))
            found.append((of_them["count"] or 0, of_them["last_at"], limit))
        return found


@contextmanager
def one_by_one(username: str) -> Iterator[None]:
    """Tries under one name wait for each other: otherwise as many as come at once are all looked at before the first is counted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sign-in of {username}"])
        yield


def too_many_tries(request: HttpRequest, username: str) -> ValidationError:
    when = from_when(locked_until(request, username), timezone.now())
    return ValidationError(
        _("Too many tries. You can try again %(when)s; nothing is looked at before then."), code="locked", params={"when": when}
    )


@receiver(pre_save, sender=AccessAttempt)
def keep_what_is_counted(instance: AccessAttempt, **kwargs: Any) -> None:
    """Name, address and browser. What was asked for would say whom somebody had searched for, and what was sent who knows what."""
    instance.get_data = instance.post_data = instance.path_info = instance.http_accept = ""


def address_of(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE: whoever has one IPv6 address has a network of them, and counts as one."""
    return network_of(request.META.get("REMOTE_ADDR", "")).partition("/")[0] or None


def is_locked(request: HttpRequest | None) -> bool:
    """Whether this try is refused, whatever the password, or was one too many."""
    return bool(getattr(request, "axes_locked_out", False))


def locked_until(request: HttpRequest, username: str) -> datetime:
    handler: Any = AxesProxyHandler.get_implementation()
    ends_at: datetime = handler.locked_until(request, {"username": username})
    return ends_at


def refuse(request: HttpRequest, answer: HttpResponse, credentials: dict[str, Any] | None) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: the form says until when; this is for programs."""
    wait = locked_until(request, (credentials or {}).get("username", "")) - timezone.now()
    answer.status_code = 429
    answer["Retry-After"] = str(max(1, int(wait.total_seconds())))
    return answer


def from_where(request: HttpRequest) -> str:
    address = request.META.get("REMOTE_ADDR", "")
    return f"from {address}" if address else ""


def _note(action: Action, request: Any, credentials: dict[str, Any]) -> None:
    user = User.objects.filter(username=credentials.get("username")).first()
    about: dict[str, Any] = {"about": "auth.user", "object_id": user.pk} if user else {}
    said = from_where(request)
    if getattr(request, "user", None) and request.user.is_authenticated:  # who signs in isn't yet
        said = f"{said}, to choose another password"
    trail.note(action, actor=user.get_username() if user else STRANGER, note=said, **about)


def old_failures(before: datetime) -> QuerySet[AccessAttempt]:
    """Of who tried what until then. Within the 15 minutes they still count."""
    return AccessAttempt.objects.filter(attempt_time__lt=before)
