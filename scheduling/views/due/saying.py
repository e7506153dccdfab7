"""The report's sentences: which day it is about and what it can't know, what stands in the list, and what to do where nobody does."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.domain.cadence import Bucket
from scheduling.forms.due import BUCKETS, EVERYBODY, FILTERS, ReportForm
from scheduling.views.due import words
from scheduling.views.due.parts import Tiles

NARROWING = FILTERS[2:]  # neither the day nor the groups


def lead(asked: ReportForm) -> str:
    return _("As of %(day)s.") % {"day": date_format(asked.day, "l, F j, Y")}


def caveat(asked: ReportForm) -> str:
    """On any other day than today."""
    if asked.day > asked.today:
        return _("A projection: whoever is booked now counts as booked, snoozes end on their day, and nobody else does anything.")
    if asked.day < asked.today:
        return _(
            "A past day, as far as the appointments tell it. Who was snoozed, had declined or couldn’t be reached then isn’t known, "
            "nor what had been tried."
        )
    return ""


def everybody(asked: ReportForm, tiles: Tiles | None) -> str:
    """Of how many the tiles are: of the whole clinic, or of those whom the filters leave."""
    if tiles is None:
        return ""
    is_narrowed = any(asked.chosen(name) for name in NARROWING)
    if not tiles.everybody.number:
        return _("Nobody fits the filters.") if is_narrowed else _("Nobody was treated here yet.")
    if is_narrowed:
        said = ngettext(
            "%(count)s patient fits the filters, and is in exactly one group.",
            "%(count)s patients fit the filters; each is in exactly one group.",
            tiles.everybody.number,
        )
        return said % {"count": tiles.everybody.count}
    said = ngettext(
        "%(count)s patient was treated here, and is in exactly one group.",
        "%(count)s patients were treated here; each is in exactly one group.",
        tiles.everybody.number,
    )
    return said % {"count": tiles.everybody.count}


def heading(asked: ReportForm, tiles: Tiles | None) -> str:
    """“38 patients to call · 24,320 USD”."""
    if tiles is None:
        return _which(asked)
    said = f"{_patients(tiles)} · {_which(asked)}" if asked.chosen("bucket") else number_to_call(tiles)
    return " · ".join(filter(None, [said, tiles.worth]))


def number_to_call(tiles: Tiles | None) -> str:
    """“38 patients to call”."""
    return _("%(patients)s to call") % {"patients": _patients(tiles)} if tiles else _("Whom to call")


def _patients(tiles: Tiles) -> str:
    return ngettext("%(count)s patient", "%(count)s patients", tiles.matching) % {"count": words.count(tiles.matching)}


def _which(asked: ReportForm) -> str:
    chosen = asked.chosen("bucket") or []
    if EVERYBODY in chosen or len(chosen) == len(Bucket):
        return _("everybody")
    return ", ".join(str(label) for bucket, label in BUCKETS.items() if bucket in chosen) or _("to call")


@dataclass(frozen=True, slots=True)
class Empty:
    """Why nobody is there, what to do, and where."""

    said: str
    todo: str
    url: str = ""
    link: str = ""


def empty(asked: ReportForm, tiles: Tiles | None) -> Empty:
    report = reverse("admin:maintenance_due")
    if tiles is None:
        return _not_now()
    if any(asked.chosen(name) for name in FILTERS if name != "bucket"):
        left = asked.query(**{name: None for name in FILTERS if name != "bucket"})
        return Empty(_("Nobody matches."), _("Take a filter off, or all of them."), f"{report}?{left}", _("Show the whole clinic"))
    if not tiles.everybody.number:
        return _nobody_yet()
    if not asked.chosen("bucket"):
        todo = _("%(why)s Ask those who come next before they are late.") % {"why": _why_nobody()}
        url = f"{report}?bucket={Bucket.MAINTENANCE_NOT_YET_DUE.value}"
        return Empty(_("Nobody to call."), todo, url, _("See maintenance not yet due"))
    return Empty(_("Nobody is in this group."), _("The other groups have everybody who was treated here."), report, _("See whom to call"))


def nobody_to_call(asked: ReportForm, tiles: Tiles | None) -> Empty:
    """On the list of those who make the calls."""
    if tiles is None:
        return _not_now()
    if location := asked.chosen("location"):
        return Empty(_("Nobody to call at %(location)s.") % {"location": location}, "", reverse("admin:calls"), _("Show all locations"))
    return Empty(_("Nobody to call."), _why_nobody()) if tiles.everybody.number else _nobody_yet()


def _not_now() -> Empty:
    return Empty(_("This can’t be told just now."), _("Narrow it down, or try again in a minute."))


def _why_nobody() -> str:
    return _("Whoever is late, or due within 30 days, is booked, snoozed, has declined, or is over a year late.")


def _nobody_yet() -> Empty:
    """Before the clinic's first completed session."""
    return Empty(
        _("Nobody has been treated here yet."),
        _("As soon as a session is completed, its patient stands here with the day on which the next one is due."),
        reverse("admin:scheduling_appointment_changelist"),
        _("See the appointments"),
    )
