"""The maintenance-due report: who is due, and who is late."""

from scheduling.reports.due.filters import Filters
from scheduling.reports.due.reading import Due, Tile, maintenance_due, tiles

__all__ = ["Due", "Filters", "Tile", "maintenance_due", "tiles"]
