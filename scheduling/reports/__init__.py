"""Read-only questions over patients, courses and appointments."""

from scheduling.reports.due import Due, maintenance_due
from scheduling.reports.limits import limited_to
from scheduling.reports.outlook import Outlook, outlook

__all__ = ["Due", "Outlook", "limited_to", "maintenance_due", "outlook"]
