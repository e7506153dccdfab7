"""The maintenance-due report: who is due, and who is late."""

from scheduling.reports.due.filters import Filters
from scheduling.reports.due.months import Coming, Months, Past, months
from scheduling.reports.due.paging import Page, page
from scheduling.reports.due.rows import Due
from scheduling.reports.due.sorting import SORTS
from scheduling.reports.due.streaming import maintenance_due, stream
from scheduling.reports.due.tiles import Tile, matching, tiles, together
from scheduling.reports.due.today import today_at

__all__ = [
    "SORTS",
    "Coming",
    "Due",
    "Filters",
    "Months",
    "Page",
    "Past",
    "Tile",
    "maintenance_due",
    "matching",
    "months",
    "page",
    "stream",
    "tiles",
    "today_at",
    "together",
]
