"""The maintenance-due report: who is due, and who is late."""

from scheduling.reports.due.filters import Filters
from scheduling.reports.due.paging import Page, page
from scheduling.reports.due.rows import Due
from scheduling.reports.due.sorting import SORTS
from scheduling.reports.due.streaming import maintenance_due, stream
from scheduling.reports.due.tiles import Tile, tiles
from scheduling.reports.due.today import today_at

__all__ = ["SORTS", "Due", "Filters", "Page", "Tile", "maintenance_due", "page", "stream", "tiles", "today_at"]
