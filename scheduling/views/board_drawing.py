"""The board's reading as what its templates print: rows instead of minutes, words instead of statuses, addresses behind the free times.

Geometry comes as classes (clinic/static/clinic/board-grid.css), since no style may stand in a page.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from scheduling.domain.moving import whereabouts
from scheduling.domain.states import COMING, Status
from scheduling.domain.wall import QUARTER, WHOLE_DAY, Span, lanes, without
from scheduling.models.appointments import STATUSES
from scheduling.reports.board import Board, By, Cell, Entry
from scheduling.views.board_choice import DAY, WEEK, Choice
from scheduling.views.board_parts import Area, Card, Chip, Column, Slot
from scheduling.views.board_words import clock, clocks, short

MOST_LANES = 4
SIZES = {1: " is-short", 2: " is-short", 3: " is-tight"}  # so many rows have room for one line, or for two
LABELS = dict(STATUSES)


@dataclass(frozen=True, slots=True)
class Draw:
    """What a board's links need to know."""

    board: Board
    choice: Choice
    back: str  # the board's own address, quoted
    may_book: bool
    may_move: bool

    # --- the grid of hours ---------------------------------------------------------------------------------------

    def columns(self) -> list[Column]:
        cells = list(self.board.cells.values())
        shown = cells if self.choice.view == WEEK else _those_in(cells)
        return [self._column(cell) for cell in shown]

    def out_today(self) -> list[str]:
        """Who has no column, because they aren't in."""
        cells = list(self.board.cells.values())
        shown = {cell.resource.pk for cell in _those_in(cells)}
        return [cell.resource.name for cell in cells if cell.resource.pk not in shown]

    def hours(self) -> list[Area]:
        frame = self.board.frame
        return [Area((hour - frame.start) // QUARTER + 1, 4, short(hour)) for hour in range(frame.start, frame.end, 60)]

    @property
    def row_count(self) -> int:
        return (self.board.frame.end - self.board.frame.start) // QUARTER

    def _column(self, cell: Cell) -> Column:
        is_week = self.choice.view == WEEK
        name = date_format(cell.day, "D j") if is_week else cell.resource.name
        alone = self.choice.address(view=DAY, day=cell.day, who=None) if is_week else self.choice.address(view=WEEK, who=cell.resource.pk)
        sessions = [Span(*entry.span).rounded() for entry in cell.entries]
        cards = [self._card(entry, span, lane) for entry, span, lane in zip(cell.entries, sessions, lanes(sessions), strict=True)]
        slots = list(self._slots(cell)) if self.may_book else []
        note = self._note(cell)
        return Column(
            name=name,
            note=note,
            label=f"{date_format(cell.day, 'l, F j') if is_week else name}: {note}",
            url=alone,
            is_today=cell.day == self.board.now.date(),
            practitioner=str(cell.resource.pk) if self.board.by is By.PRACTITIONER else "",
            room=str(cell.resource.pk) if self.board.by is By.ROOM else "",
            day=cell.day.isoformat(),
            shades=list(self._shades(cell)),
            tails=list(self._tails(cell)),
            items=sorted([*cards, *slots], key=lambda item: item.row),
        )

    def now_at(self) -> tuple[int, int, int, str] | None:
        """Its row, the minutes into that, those since the first row, and “11:09”; None where it isn't on the board."""
        now, frame = self.board.now, self.board.frame
        minute = now.hour * 60 + now.minute - frame.start
        if now.date() not in self.board.days or not 0 <= minute < frame.end - frame.start:
            return None
        return minute // QUARTER + 1, minute % QUARTER, minute, clock(minute + frame.start)[:-3]

    def _shades(self, cell: Cell) -> Iterator[Area]:
        blocks = [block for block in cell.blocks if self._area(block.span)]
        for span in without([self.board.frame], [*cell.hours, *(block.span for block in blocks)]):
            if area := self._area(span, kind="off"):
                yield area
        for block in blocks:
            if area := self._area(block.span, block.reason, block.kind):
                yield area

    def _tails(self, cell: Cell) -> Iterator[Area]:
        """The turnaround after each session."""
        for entry in cell.entries:
            end = entry.span.rounded().end
            if entry.until > end and entry.status is not Status.NOSHOW and (area := self._area(Span(end, entry.until))):
                yield area

    def _area(self, span: Span, text: str = "", kind: str = "") -> Area | None:
        shown = span.rounded().within(self.board.frame)
        if shown is None:
            return None
        return Area((shown.start - self.board.frame.start) // QUARTER + 1, (shown.end - shown.start) // QUARTER, text, kind)

    def _slots(self, cell: Cell) -> Iterator[Slot]:
        free, frame = set(cell.free), self.board.frame
        address = self._book_address(cell)
        on_day = f" on {date_format(cell.day, 'l, F j')}" if self.choice.view == WEEK else ""
        for minute in cell.free:
            if frame.start <= minute < frame.end:
                at = clock(minute)
                is_half = minute % 30 == 0 and minute + QUARTER in free
                is_second = minute % 30 == QUARTER and minute - QUARTER in free
                row = (minute - frame.start) // QUARTER + 1
                yield Slot(
                    row=row,
                    classes=f"row-{row}{' is-half' if is_half else ' is-second' if is_second else ''}",
                    clock=at,
                    url=f"{address}{minute // 60:02}:{minute % 60:02}&next={self.back}",
                    label=_("Book %(name)s at %(time)s") % {"name": cell.resource.name, "time": at} + on_day,
                )

    def _book_address(self, cell: Cell) -> str:
        asked = {self.board.by.value: cell.resource.pk, "location": self.board.location.pk}
        return f"{reverse('admin:scheduling_appointment_add')}?{urlencode(asked)}&starts_at={cell.day.isoformat()}T"

    def _card(self, entry: Entry, span: Span, lane: tuple[int, int]) -> Card:
        area = self._area(span) or Area(1, 1)
        number, of = (min(place, MOST_LANES) for place in lane)
        beside = "" if of == 1 else f" lane-{number}-of-{of}"
        return self._of(
            entry, area.row, f"row-{area.row} rows-{area.rows}{beside}{SIZES.get(area.rows, '')}", clocks(entry.starts_at, entry.ends_at)
        )

    def _of(self, entry: Entry, row: int, classes: str, said: str) -> Card:
        other = entry.room.name if self.board.by is By.PRACTITIONER else entry.practitioner.name
        detail = f"{entry.treatment} · {other}"
        return Card(
            row=row,
            classes=f"entry-{entry.status.value}{' entry-late' if entry.is_late else ''} {classes}",
            pk=str(entry.pk),
            clock=said,
            patient=entry.patient,
            detail=detail,
            title=f"{entry.patient} · {detail}",
            state=", ".join(_state(entry)),
            marks=tuple(_marks(entry)),
            url=f"{_address_of('card', entry.pk)}?next={self.back}",
            move_url=_address_of("move", entry.pk) if self.may_move and entry.status in COMING else "",
            practitioner=str(entry.practitioner.pk),
            room=str(entry.room.pk),
            seen=whereabouts(entry.starts_at, entry.practitioner.pk, entry.room.pk),
        )

    # --- the week of all -------------------------------------------------------------------------------------------

    def week(self) -> list[tuple[Any, str, list[Chip]]]:
        """A row each: name, the address of the week of this one alone, its days."""
        board = self.board
        return [
            (resource, self.choice.address(who=resource.pk), [self._chip(board.cells[resource.pk, day]) for day in board.days])
            for resource in board.resources
        ]

    def days(self) -> list[tuple[date, str, bool, str]]:
        today = self.board.now.date()
        return [(day, self.choice.address(view=DAY, day=day), day == today, self.board.closed.get(day, "")) for day in self.board.days]

    def _chip(self, cell: Cell) -> Chip:
        first = next(iter(cell.free), None) if self.may_book else None
        whole = next((block for block in cell.blocks if block.span == WHOLE_DAY), None)
        return Chip(
            cards=[self._of(entry, 1, "is-chip", clock(entry.span.start)) for entry in cell.entries],
            note=self._note(cell),
            shade=whole.kind if whole else "" if cell.hours else "off",
            book_url="" if first is None else f"{self._book_address(cell)}{first // 60:02}:{first % 60:02}&next={self.back}",
            book_label=_("Book %(name)s on %(day)s") % {"name": cell.resource.name, "day": date_format(cell.day, "l, F j")},
            is_today=cell.day == self.board.now.date(),
        )

    # --- words -----------------------------------------------------------------------------------------------------

    def _note(self, cell: Cell) -> str:
        """Beside a column's name: its hours, or why there are none."""
        if whole := next((block.reason for block in cell.blocks if block.span == WHOLE_DAY), ""):
            return whole
        if not cell.hours:
            return _("Not in")
        if cell.hours == [WHOLE_DAY]:
            return _("Any time")
        return ", ".join(f"{short(span.start)} – {short(span.end)}" for span in cell.hours)

    def summary(self) -> str:
        counts = Counter(entry.status for cell in self.board.cells.values() for entry in cell.entries)
        said = [f"{counts[status]} {LABELS[status.value]}" for status in Status if counts[status]]
        asked = sum(entry.asked_to_move for cell in self.board.cells.values() for entry in cell.entries)
        if asked:
            said.append(_("%(count)s asked to move") % {"count": asked})
        return " · ".join(said) or _("Nothing is booked.")


def _those_in(cells: Iterable[Cell]) -> list[Cell]:
    """On a day on which nobody is in, all of them."""
    cells = list(cells)
    return [cell for cell in cells if not cell.is_idle] or cells


def _state(entry: Entry) -> Iterator[str]:
    yield _("not here yet") if entry.is_late else str(LABELS[entry.status.value])
    if entry.asked_to_move:
        yield _("asked to move")
    elif entry.is_confirmed:
        yield _("confirmed")


def _marks(entry: Entry) -> Iterator[str]:
    if entry.asked_to_move:
        yield "asked"
    elif entry.is_confirmed:
        yield "confirmed"
    if entry.is_late:
        yield "late"
    elif entry.status is not Status.BOOKED:
        yield entry.status.value


@lru_cache
def _pattern(page: str) -> str:
    try:
        return reverse(f"admin:scheduling_appointment_{page}", args=[0]).replace("/0/", "/{}/")
    except NoReverseMatch:
        return ""


def _address_of(page: str, pk: int) -> str:
    """As `reverse` would say, much faster; "" where this installation has no such page."""
    return _pattern(page).format(pk)
