"""Read-only questions over patients, courses and appointments."""

from scheduling.reports.due import Coming, Due, Filters, Months, Page, Past, Tile, maintenance_due, months, page, stream, tiles
from scheduling.reports.limits import limited_to
from scheduling.reports.next_session import NextSession, next_session, times_for
from scheduling.reports.outlook import Outlook, outlook
from scheduling.reports.recalls import Asked, recalls_of, with_answers

__all__ = [
    "Asked",
    "Coming",
    "Due",
    "Filters",
    "Months",
    "NextSession",
    "Outlook",
    "Page",
    "Past",
    "Tile",
    "limited_to",
    "maintenance_due",
    "months",
    "next_session",
    "outlook",
    "page",
    "recalls_of",
    "stream",
    "tiles",
    "times_for",
    "with_answers",
]
