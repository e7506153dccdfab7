"""What the report's page is made of: tiles, the headings that sort, rows, and the filters that are on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.domain.cadence import Bucket
from scheduling.domain.recalls import TO_ACT_ON
from scheduling.forms.due import BUCKETS, EVERYBODY, ReportForm
from scheduling.reports import Due, Filters, Tile
from scheduling.reports.due import matching
from scheduling.views.due import words

SORT_NAMES = {
    "due": gettext_lazy("Due"),
    "last_session": gettext_lazy("Last session"),
    "name": gettext_lazy("Patient"),
    "value": gettext_lazy("Value"),
}
ASCENDING, DESCENDING = "ascending", "descending"


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A bucket, or several of them together, that leads to its patients."""

    name: Any
    number: int
    value: str
    query: str
    is_chosen: bool
    bucket: str = ""
    note: str = ""

    @property
    def count(self) -> str:
        return words.count(self.number)


@dataclass(frozen=True, slots=True)
class Tiles:
    to_act_on: ShownTile
    of_these: Sequence[ShownTile]
    others: Sequence[ShownTile]
    everybody: ShownTile
    matching: int  # patients in the buckets that are asked for
    worth: str


def tiles_of(found: Sequence[Tile], asked: ReportForm) -> Tiles:
    by_bucket = {tile.bucket: tile for tile in found}
    chosen = asked.chosen("bucket") or []

    def shown(name: Any, filters: Filters, choice: list[str], note: str = "") -> ShownTile:
        number, worth = matching(found, filters)
        query = asked.query(bucket=choice or None)
        return ShownTile(name, number, words.money(worth), query, chosen == choice, choice[0] if choice else "", note)

    def one(bucket: Bucket) -> ShownTile:
        note = _to_call_later(by_bucket[bucket]) if bucket in TO_ACT_ON else ""
        return shown(BUCKETS[bucket], Filters(asked.day, [bucket]), [bucket.value], note)

    number, worth = matching(found, asked.filters())
    return Tiles(
        shown(_("To call now") if asked.day == asked.today else _("To call then"), Filters.to_call(asked.day), []),
        [one(bucket) for bucket in BUCKETS if bucket in TO_ACT_ON],
        [one(bucket) for bucket in BUCKETS if bucket not in TO_ACT_ON],
        shown(_("Everybody"), Filters(asked.day), [EVERYBODY]),
        number,
        words.money(worth),
    )


def _to_call_later(tile: Tile) -> str:
    """Why whom to call are fewer than those to act on, together."""
    later = tile.count - tile.soon
    return _("%(count)s of them later") % {"count": words.count(later)} if later else ""


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a column. One with a `query` sorts by it; `sorted` says in which direction it does, for screen readers."""

    name: Any
    sort: str = ""
    query: str = ""
    sorted: str = ""
    is_number: bool = False


# Name, by what it sorts, whether its first click shows the largest first, whether it runs against that sort, whether it has numbers.
COLUMNS = (
    (gettext_lazy("Patient"), "name", False, False, False),
    (gettext_lazy("Treatment"), "", False, False, False),
    (gettext_lazy("Last session"), "last_session", False, False, False),
    (gettext_lazy("Due"), "due", False, False, False),
    (gettext_lazy("Days late"), "due", False, True, True),
    (gettext_lazy("Attempts"), "", False, False, True),
    (gettext_lazy("Last outcome"), "", False, False, False),
    (gettext_lazy("Reachable by"), "", False, False, False),
    (gettext_lazy("Value"), "value", True, False, True),
)


def headings(asked: ReportForm) -> Iterator[Heading]:
    for name, sort, begins_descending, runs_against, is_number in COLUMNS:
        if not sort:
            yield Heading(name, is_number=is_number)
            continue
        is_sorted = asked.sorted_by == sort
        wanted = not asked.is_descending if is_sorted else begins_descending
        query = asked.query(sort=sort, dir="desc" if wanted else None)
        direction = (DESCENDING if asked.is_descending != runs_against else ASCENDING) if is_sorted else ""
        yield Heading(name, sort, query, direction, is_number)


@dataclass(frozen=True, slots=True)
class Row:
    due: Due
    group: Any
    note: str
    outcome: Any
    ways: Sequence[str]
    value: str


def row_of(due: Due) -> Row:
    return Row(
        due,
        BUCKETS[due.bucket],
        _note(due),
        words.outcome(due.last_outcome, due.is_answered),
        words.ways(due.reached_by, due.has_phone),
        f"{words.amount(due.value)} {due.currency}",
    )


def _note(due: Due) -> str:
    if due.booked_on:
        return _("for %(day)s") % {"day": words.day(due.booked_on)}
    if due.bucket is Bucket.SNOOZED and due.hidden_until:
        return _("until %(day)s") % {"day": words.day(due.hidden_until)}
    if due.went_by:
        return _("was booked for %(day)s") % {"day": words.day(due.went_by)}
    return ""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A filter that is on, and where the report is without it."""

    name: Any
    value: str
    query: str


def filtered(asked: ReportForm) -> list[Filtered]:
    on = []
    for name in ("location", "practitioner", "treatment"):
        if row := asked.chosen(name):
            on.append(Filtered(asked.fields[name].label, str(row), asked.query(**{name: None})))
    for name in ("due_from", "due_until"):
        if day := asked.chosen(name):
            on.append(Filtered(asked.fields[name].label, words.day(day), asked.query(**{name: None})))
    if asked.day != asked.today:
        on.append(Filtered(asked.fields["as_of"].label, words.day(asked.day), asked.query(as_of=None)))
    return on
