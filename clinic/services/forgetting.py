"""What has been kept for as long as the settings say goes: kind by kind, a thousand rows in a transaction, for a minute at a time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import Count, Min, QuerySet

from aftercare.models import Concern
from aftercare.services.privacy import forgetting as aftercare
from clinic.services import trail
from clinic.signing_in.lockout import old_failures
from notifications.services import blank_replies
from notifications.services import forgetting as notifications
from scheduling.domain.lots import in_lots
from scheduling.services import exporting as scheduling
from scheduling.services.saving import retried


@dataclass(frozen=True, slots=True)
class Kind:
    """`old` are the rows that were there before a moment, by their field `at`; `setting` says how long they are kept, of KEEP_DAYS, and
    without one they go as soon as they are over. `forget` is given a lot of them, which are still so."""

    name: str
    setting: str
    at: str
    old: Callable[[datetime], QuerySet[Any]]
    forget: Callable[[QuerySet[Any]], int]

    @property
    def days(self) -> int:
        return settings.KEEP_DAYS[self.setting] if self.setting else 0

    @property
    def is_kept_for_good(self) -> bool:
        return bool(self.setting) and not self.days

    def rows(self, now: datetime) -> QuerySet[Any]:
        return self.old(now - timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`count` rows, or as many as would go; the oldest is of `since`."""

    kind: Kind
    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Run:
    """`is_over`: nothing is left that should go."""

    forgotten: list[Forgotten]
    is_over: bool


def _delete(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _forget_concerns(rows: QuerySet[Concern]) -> int:
    """With what the trail has of them."""
    with trail.erasing():
        trail.blank_concerns(rows.select_for_update().values_list("pk", flat=True))
        return aftercare.forget_concerns(rows)


KINDS = (
    Kind("words and addresses of messages", "messages", "send_at", notifications.old_messages, notifications.forget_messages),
    # Before the replies: by them whoever erases a patient finds what is hers.
    Kind("concerns from nobody's numbers", "replies", "raised_at", aftercare.old_concerns, _forget_concerns),
    Kind("words and numbers of replies", "replies", "received_at", notifications.old_replies, blank_replies),
    Kind("providers' receipts", "receipts", "received_at", notifications.old_receipts, _delete),
    Kind("tries to send", "receipts", "started_at", notifications.old_tries, _delete),
    Kind("entries of the trail", "trail", "at", trail.old_entries, trail.forget_entries),
    Kind("entries of the admin's log", "trail", "action_time", lambda before: LogEntry.objects.filter(action_time__lt=before), _delete),
    Kind("exports of the report", "exports", "at", scheduling.old_exports, scheduling.forget_exports),
    Kind("failed sign-ins", "failures", "attempt_time", old_failures, _delete),
    Kind("sessions that are over", "", "expire_date", lambda before: Session.objects.filter(expire_date__lt=before), _delete),
    Kind("when late messages went", "", "latest", notifications.old_paces, _delete),
)


def foresee(now: datetime) -> list[Forgotten]:
    """What would go, and writes nothing."""
    return [Forgotten(kind, *_counted(kind, now)) for kind in KINDS if not kind.is_kept_for_good]


def _counted(kind: Kind, now: datetime) -> tuple[int, datetime | None]:
    found = kind.rows(now).order_by().aggregate(count=Count("pk"), since=Min(kind.at))
    return found["count"], found["since"]


def forget(now: datetime, *, for_seconds: float = inf) -> Run:
    """All that is old enough, or as much of it as goes in that time: each lot is a transaction of its own. Twice at once does no harm."""
    over_at = time.monotonic() + for_seconds
    forgotten: list[Forgotten] = []
    for kind in KINDS:
        if kind.is_kept_for_good:
            continue
        since = kind.rows(now).order_by().aggregate(since=Min(kind.at))["since"]
        count = 0
        for lot in _lots(kind, now) if since else ():
            # Somebody may be erasing a patient with the same rows.
            count += retried(partial(kind.forget, kind.rows(now).filter(pk__in=lot)))
            if time.monotonic() > over_at:
                return Run([*forgotten, Forgotten(kind, count, since)], is_over=False)
        forgotten.append(Forgotten(kind, count, since))
    return Run(forgotten, is_over=True)


def _lots(kind: Kind, now: datetime) -> Iterator[list[Any]]:
    """Oldest first, in one walk: their numbers alone, however many they are."""
    return in_lots(kind.rows(now).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=1000))
