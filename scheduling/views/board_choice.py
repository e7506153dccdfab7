"""What of the board somebody wants to see: read from the address, and from what they chose last."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from scheduling.forms.sent import number
from scheduling.models import Location
from scheduling.models.appointments import YEARS
from scheduling.reports.board import By

DAY, WEEK = "day", "week"
REMEMBERED = "board"  # in the session
FIRST, LAST = date(YEARS[0], 1, 10), date(YEARS[-1], 12, 20)  # what an appointment's constraint allows, with a week to spare


@dataclass(frozen=True, slots=True)
class Choice:
    location: Location
    view: str
    by: By
    day: date
    who: int | None = None  # a practitioner's number, or a room's: the week of this one alone

    @property
    def days(self) -> Sequence[date]:
        if self.view == DAY:
            return [self.day]
        # The reader's week; Django counts its days from Sunday, Python from Monday.
        first = self.day - timedelta(days=(self.day.weekday() + 1 - int(get_format("FIRST_DAY_OF_WEEK"))) % 7)
        return [first + timedelta(days=later) for later in range(7)]

    def stepped(self, steps: int) -> "Choice | None":
        """The next day or week, or the one before; None beyond the calendar."""
        day = self.day + timedelta(days=steps if self.view == DAY else 7 * steps)
        return replace(self, day=day) if FIRST <= day <= LAST else None

    def address(self, **changed: Any) -> str:
        choice = replace(self, **changed)
        asked = {"view": choice.view, "by": choice.by.value, "location": choice.location.pk, "day": choice.day.isoformat()}
        return f"{reverse('admin:board')}?{urlencode(asked | ({'who': choice.who} if choice.who else {}))}"


def read(request: HttpRequest, locations: Sequence[Location], today_at: Any) -> tuple[Choice, list[str]]:
    """The choice, and in a sentence each what of the address can't be followed. `today_at` gives a location's today.

    Location, view and columns are remembered once they are chosen.
    """
    asked, problems = request.GET, []
    last = request.session.get(REMEMBERED)
    last = last if isinstance(last, dict) else {}
    by_pk = {str(location.pk): location for location in locations}
    location = by_pk.get(asked.get("location", ""))
    if location is None:
        location = by_pk.get(str(last.get("location")), locations[0])
        if asked.get("location"):
            problems.append(_("There is no such location, so this is %(location)s.") % {"location": location})
    view = _one_of((DAY, WEEK), asked.get("view"), last.get("view"))
    by = By(_one_of(tuple(By), asked.get("by"), last.get("by")))
    today = today_at(location)
    day = _day(asked.get("day", ""))
    if day is None and asked.get("day"):
        problems.append(_("“%(day)s” is not a day of the calendar, so this is today.") % {"day": asked["day"][:40].replace("\0", "")})
    who = number(asked.get("who")) if view == WEEK else None
    return Choice(location, view, by, day or min(max(today, FIRST), LAST), who), problems


def remember(request: HttpRequest, choice: Choice) -> None:
    """What was chosen in so many words, for the next time."""
    chosen = {"location": choice.location.pk, "view": choice.view, "by": choice.by.value}
    last = request.session.get(REMEMBERED)
    kept = (last if isinstance(last, dict) else {}) | {name: value for name, value in chosen.items() if request.GET.get(name) == str(value)}
    if kept and kept != last:
        request.session[REMEMBERED] = kept


def _one_of(allowed: Sequence[str], *wanted: str | None) -> str:
    return next((name for name in wanted if name is not None and name in allowed), allowed[0])


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None
