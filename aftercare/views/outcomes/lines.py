"""The figures as the page's tables show them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.reports import Delivered
from aftercare.wording import recall_label
from scheduling.domain.cadence import add_months
from scheduling.domain.outcomes import COUNTS_FOR_DAYS, Way, percent
from scheduling.reports.outcomes import Brought, Kept, Won

WAYS = {Way.SMS: gettext_lazy("Text message"), Way.EMAIL: gettext_lazy("Email"), Way.CALL: gettext_lazy("Call")}


@dataclass(frozen=True, slots=True)
class Share:
    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        return percent(self.part, self.whole)

    @property
    def width(self) -> str:
        """Of a bar, out of 100."""
        return f"{100 * self.part / self.whole:.2f}" if self.whole else "0"


@dataclass(frozen=True, slots=True)
class WonLine:
    """One row of what recalls brought. `most` recalls has the longest row of its table: its bars are as long beside that one's."""

    label: str
    won: Won
    most: int
    note: str = ""

    @property
    def shares(self) -> list[tuple[str, Share]]:
        won = self.won
        numbers = {_("Answered"): won.answered, _("Booked"): won.booked, _("Completed"): won.completed}
        return [(name, Share(number, won.recalls)) for name, number in numbers.items()]

    @property
    def bars(self) -> list[tuple[str, Share]]:
        numbers = {"recalls": self.won.recalls, "booked": self.won.booked, "completed": self.won.completed}
        return [(name, Share(number, self.most)) for name, number in numbers.items()]

    @property
    def value(self) -> list[tuple[Decimal, str]]:
        return money(self.won.value)

    @property
    def expected(self) -> list[tuple[Decimal, str]]:
        return money(self.won.expected)


def money(amounts: Mapping[str, Any]) -> list[tuple[Decimal, str]]:
    return [(amount, currency) for currency, amount in sorted(amounts.items())]


def month_lines(found: Brought, months: Iterable[date], now: datetime) -> list[WonLine]:
    by_month = found.by_month()
    most = max((won.recalls for won in by_month.values()), default=0)
    today = timezone.localdate(now)
    return [WonLine(date_format(month, "YEAR_MONTH_FORMAT"), by_month.get(month, Won()), most, _open(month, today)) for month in months]


def _open(month: date, today: date) -> str:
    is_open = add_months(month, 1) + timedelta(days=COUNTS_FOR_DAYS) > today
    return _("still counting") if is_open else ""


def way_lines(found: Brought) -> list[WonLine]:
    by_way = found.by_way()
    most = max((won.recalls for won in by_way.values()), default=0)
    return [WonLine(str(label), by_way[way], most) for way, label in WAYS.items() if way in by_way]


def wording_lines(found: Brought) -> list[WonLine]:
    by_wording = found.by_wording()
    most = max((won.recalls for won in by_wording.values()), default=0)
    order = list(WAYS)
    ordered = sorted(by_wording.items(), key=lambda row: (order.index(row[0][0]), row[0][1]))
    return [WonLine(recall_label(wording) or _("In their own words"), won, most, str(WAYS[way])) for (way, wording), won in ordered]


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One location's or practitioner's row."""

    label: str
    kept: Kept
    sent: Delivered

    @property
    def columns(self) -> list[tuple[str, Any]]:
        kept, sent = self.kept, self.sent
        return [
            (_("No-shows"), Share(kept.no_shows, kept.sessions)),
            (_("Cancelled"), Share(kept.cancelled, kept.sessions)),
            (_("Next session in its window"), Share(kept.in_window, kept.next_due)),
            (_("Maintenance kept"), Share(kept.maintained, kept.maintenance_due)),
            (_("Texts delivered"), Share(sent.delivered, sent.texts)),
        ]


def kept_lines(names: Mapping[int | None, str], kept: Mapping[int | None, Kept], sent: Mapping[int | None, Delivered]) -> list[KeptLine]:
    """In the order of the names; of whom there is nothing to say has no row."""
    return [KeptLine(name, kept.get(pk, Kept()), sent.get(pk, Delivered())) for pk, name in names.items() if pk in kept or pk in sent]
