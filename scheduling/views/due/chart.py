"""The report's two charts: drawn here, as shapes for an SVG and the numbers under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling.domain.outcomes import percent
from scheduling.forms.due import EVERYBODY, ReportForm
from scheduling.reports import Coming, Months, Past
from scheduling.reports.due import together
from scheduling.views.due import words

WIDTHS = {6: 72, 12: 45}  # units of the drawing that a column has, among so many
HEIGHT, TOP, BASE = 132, 24, 130  # of the drawing; where the tallest column ends, and where all stand
THICKNESS = 0.62  # of a column's room
NO_BREAK = "\u00a0"
QUARTER = 3  # months that are compared


@dataclass(frozen=True, slots=True)
class Bar:
    """`part` names its pattern, so that it is told from the others without its color."""

    part: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Column:
    x: int
    width: int
    center: int
    bars: Sequence[Bar]
    label: str  # above it
    label_y: int
    month: str  # in short
    month_said: str
    query: str  # of its patients in the report


@dataclass(frozen=True, slots=True)
class Numbers:
    """A row of the table under the drawing. One with a `part` explains that pattern, too."""

    name: str
    values: Sequence[str]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    way: str  # better, worse or same
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    name: str  # for ids
    title: str
    figure: str  # what one reads first
    said: str
    columns: Sequence[Column]
    numbers: Sequence[Numbers]
    trend: Trend | None = None
    height: int = HEIGHT

    @property
    def width(self) -> int:
        return len(self.columns) * WIDTHS[len(self.columns)]

    @property
    def is_empty(self) -> bool:
        return not any(column.bars for column in self.columns)

    @property
    def description(self) -> str:
        """The same for whoever doesn't see it."""
        return "; ".join(
            f"{column.month_said}: {', '.join(f'{row.name} {row.values[at]}' for row in self.numbers)}"
            for at, column in enumerate(self.columns)
        )


def charts(months: Months, asked: ReportForm) -> list[Chart]:
    return [coming_chart(months.coming, asked), past_chart(months.past, asked)]


def coming_chart(months: Sequence[Coming], asked: ReportForm) -> Chart:
    due, booked = sum(month.due for month in months), sum(month.booked for month in months)
    currencies = sorted({currency for month in months for currency in month.values}) or ["USD"]
    return Chart(
        "coming",
        _("The coming six months"),
        words.count(due),
        _what_comes(due, booked, words.money(together(month.open_values for month in months)), months[-1].last),
        _columns(
            months,
            [[("booked", month.booked), ("open", month.open)] for month in months],
            [words.count(month.due) if month.due else "" for month in months],
            asked,
        ),
        [
            Numbers(_("Not yet booked"), [words.count(month.open) for month in months], "open"),
            Numbers(_("Booked"), [words.count(month.booked) for month in months], "booked"),
            Numbers(_("Due"), [words.count(month.due) for month in months]),
            *(
                Numbers(_("Worth, %(currency)s") % {"currency": currency}, [words.amount(month.values[currency]) for month in months])
                for currency in currencies
            ),
        ],
    )


def past_chart(months: Sequence[Past], asked: ReportForm) -> Chart:
    recent, before = months[-QUARTER:], months[-2 * QUARTER : -QUARTER]
    return Chart(
        "past",
        _("The last twelve months"),
        _share(recent) or words.count(sum(month.in_time for month in recent)),
        _what_came(sum(month.due for month in recent)),
        _columns(
            months,
            [[("in-time", month.in_time), ("late", month.late), ("not-yet", month.not_yet)] for month in months],
            [_share([month]) or (f"{month.in_time}/{month.due}" if month.due else "") for month in months],
            asked,
        ),
        [
            Numbers(_("Not yet"), [words.count(month.not_yet) for month in months], "not-yet"),
            Numbers(_("Late"), [words.count(month.late) for month in months], "late"),
            Numbers(_("In time"), [words.count(month.in_time) for month in months], "in-time"),
            Numbers(_("Due"), [words.count(month.due) for month in months]),
        ],
        _trend(recent, before),
    )


def _share(months: Sequence[Past]) -> str:
    """“73%”; "" of so few that it would say nothing."""
    share = _percent(months)
    return "" if share is None else f"{share}%"


def _percent(months: Sequence[Past]) -> int | None:
    return percent(sum(month.in_time for month in months), sum(month.due for month in months))


def _what_comes(due: int, booked: int, worth: str, until: date) -> str:
    said = ngettext("patient becomes due by %(day)s.", "patients become due by %(day)s.", due) % {"day": words.day(until)}
    if not due:
        return said
    if booked == due:
        return _("%(said)s All are booked.") % {"said": said}
    still = ngettext("%(count)s isn’t booked yet: %(worth)s.", "%(count)s aren’t booked yet: %(worth)s.", due - booked)
    return f"{said} {still % {'count': words.count(due - booked), 'worth': worth.replace(' ', NO_BREAK)}}"


def _what_came(due: int) -> str:
    if not due:
        return _("sessions were due in the last three months.")
    said = ngettext(
        "of the one session due in the last three months was in time.",
        "of %(count)s sessions due in the last three months were in time.",
        due,
    )
    return said % {"count": words.count(due)}


def _trend(recent: Sequence[Past], before: Sequence[Past]) -> Trend | None:
    now, then = _percent(recent), _percent(before)
    if now is None or then is None:
        return None
    points = now - then
    if not points:
        return Trend("same", _("As many as in the three months before."))
    said = ngettext("%(count)s point", "%(count)s points", abs(points)) % {"count": abs(points)}
    if points > 0:
        return Trend("better", _("Better: %(points)s more than in the three months before.") % {"points": said})
    return Trend("worse", _("Worse: %(points)s less than in the three months before.") % {"points": said})


def _columns(
    months: Sequence[Coming | Past], parts: Sequence[Sequence[tuple[str, int]]], labels: Sequence[str], asked: ReportForm
) -> list[Column]:
    most = max((month.due for month in months), default=0) or 1
    room = WIDTHS[len(months)]
    drawn = []
    for at, (month, stacked, label) in enumerate(zip(months, parts, labels, strict=True)):
        bars, y = [], BASE
        for part, number in stacked:
            height = max(2, round(number / most * (BASE - TOP))) if number else 0
            if height:
                y -= height
                bars.append(Bar(part, y, height))
        query = asked.query(bucket=[EVERYBODY], due_from=month.first, due_until=month.last)
        center = round((at + 0.5) * room)
        width = round(room * THICKNESS)
        short, said = date_format(month.first, "M"), date_format(month.first, "F Y")
        drawn.append(Column(center - width // 2, width, center, bars, label, y - 6, short, said, query))
    return drawn
