"""The trail's rows, newest first, page by page: a page costs the same however far back it lies and however long the trail is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from clinic.models import Entry
from scheduling.reports.limits import limited_to

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the trail. Days are on the clinic's calendar; `patients` are numbers, none of them for somebody whom nobody is."""

    person: int | None = None
    patients: tuple[int, ...] | None = None
    action: str = ""
    about: str = ""
    object_id: int | None = None
    first_on: date | None = None
    last_on: date | None = None

    def rows(self) -> QuerySet[Entry]:
        found = Entry.objects.order_by("-at", "-pk")
        exactly: dict[str, Any] = {"user_id": self.person, "about": self.about, "object_id": self.object_id, "action": self.action}
        found = found.filter(**{name: value for name, value in exactly.items() if value not in (None, "")})
        if self.patients is not None:
            found = found.filter(patient_id__in=self.patients)
        if self.first_on:
            found = found.filter(at__gte=_begins(self.first_on))
        if self.last_on:
            found = found.filter(at__lt=_begins(self.last_on + timedelta(days=1)))
        return found


def entries(asked: Asked, *, before: int | None = None, most: int, seconds: float) -> list[Entry]:
    """At most so many; `before` is the last row of the page before, by its number. Raises TooSlow."""
    with limited_to(seconds):
        last = Entry.objects.filter(pk=before).values_list("at", "pk").first() if before else None
        return list(_after(asked, last)[:most])


def stream(asked: Asked, *, seconds: float) -> Iterator[list[Entry]]:
    """All of them, lot by lot: no snapshot is held meanwhile, and what is written after the first lot isn't among them. Raises TooSlow."""
    last: tuple[datetime, int] | None = None
    while True:
        with limited_to(seconds):
            lot = list(_after(asked, last)[:AT_ONCE])
        if not lot:
            return
        yield lot
        last = lot[-1].at, lot[-1].pk


def _after(asked: Asked, last: tuple[datetime, int] | None) -> QuerySet[Entry]:
    found = asked.rows()
    if last is None:
        return found
    at, number = last
    return found.filter(at__lte=at).filter(Q(at__lt=at) | Q(pk__lt=number))  # the first of them is what an index begins at


def _begins(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
