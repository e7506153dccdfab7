"""Read-only questions over patients, courses and appointments."""

from scheduling.reports.calendar import calendar_of
from scheduling.reports.due import Due, Filters, Page, Tile, maintenance_due, page, stream, tiles
from scheduling.reports.limits import limited_to
from scheduling.reports.next_session import NextSession, next_session, times_for
from scheduling.reports.outlook import Outlook, outlook

__all__ = [
    "Due",
    "Filters",
    "NextSession",
    "Outlook",
    "Page",
    "Tile",
    "calendar_of",
    "limited_to",
    "maintenance_due",
    "next_session",
    "outlook",
    "page",
    "stream",
    "tiles",
    "times_for",
]
