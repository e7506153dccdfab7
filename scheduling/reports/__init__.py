"""Read-only questions over patients, courses and appointments."""

from scheduling.reports.calendar import calendar_of
from scheduling.reports.due import Due, maintenance_due
from scheduling.reports.limits import limited_to
from scheduling.reports.outlook import Outlook, outlook

__all__ = ["Due", "Outlook", "calendar_of", "limited_to", "maintenance_due", "outlook"]
