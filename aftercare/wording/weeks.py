"""The weeks after a session as an email shows them: in its plain part as lines, in the other as a table that every mail program draws."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from aftercare.domain.timeline import Event, Label, Stop, Weeks, What


class Row(NamedTuple):
    when: str
    dates: str
    events: list[str]
    state: str  # past, here or coming


class Shown(NamedTuple):
    lines: list[str]  # one a stop, the one where she is marked
    table: SafeString


def shown(weeks: Weeks, language: str, product: str) -> Shown:
    return _shown(weeks.stops, weeks.here, weeks.past, language, product)


@lru_cache(maxsize=64)  # the thirty emails of a plan show seven different ones
def _shown(stops: tuple[Stop, ...], here: int | None, past: frozenset[int], language: str, product: str) -> Shown:
    with translation.override(language):
        rows = _rows(stops, here, past, product)
        table = render_to_string("aftercare/weeks.html", {"rows": rows, "you_are_here": capfirst(_("you are here"))})
        return Shown([_line(row) for row in rows], table)


def _line(row: Row) -> str:
    said = f"{row.when} ({row.dates}): {capfirst('; '.join(row.events))}"
    return f"> {said} <- {_('you are here')}" if row.state == "here" else f"  {said}"


def _rows(stops: tuple[Stop, ...], here: int | None, past: frozenset[int], product: str) -> list[Row]:
    return [
        Row(
            _when(stop.label),
            _dates(stop.starts_on, stop.ends_on),
            [_what(event, product) for event in stop.events],
            "here" if index == here else "past" if index in past else "coming",
        )
        for index, stop in enumerate(stops)
    ]


def _when(label: Label) -> str:
    if label.unit == "hours":
        return _("First {hours} hours").format(hours=label.last)
    if label.unit == "day":
        return _("Day {number}").format(number=label.first)
    if label.first == label.last:
        return _("Week {number}").format(number=label.first)
    return _("Weeks {first}–{last}").format(first=label.first, last=label.last)


def _dates(starts_on: date, ends_on: date) -> str:
    # Translators: a day in a short table, in Django's date format
    days = [date_format(day, _("M j")) for day in (starts_on, ends_on)]
    return " – ".join(dict.fromkeys(days))


def _what(event: Event, product: str) -> str:
    match event.what:
        case What.SESSION:
            return _("your session")
        case What.DOSE_EVERY:
            return _("{product} every {hours} hours").format(product=product, hours=event.number)
        case What.DOSES_A_DAY:
            return _doses_a_day(event.number, product)
        case What.EDUCATION:
            return _("what to expect, day by day")
        case What.CHECK_IN:
            return _("we ask how you are")
        case What.RESULTS:
            return _("a look at your results")
        case What.NEXT_SESSION:
            return _("time for the next session")


def _doses_a_day(number: int, product: str) -> str:
    if number == 1:
        return _("{product} once a day").format(product=product)
    if number == 2:
        return _("{product} morning and evening").format(product=product)
    return _("{product} {number} times a day").format(product=product, number=number)
