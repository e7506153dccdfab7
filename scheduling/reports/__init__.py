"""Read-only questions over patients, courses and appointments."""

from scheduling.reports.due import Due, maintenance_due
from scheduling.reports.limits import limited_to

__all__ = ["Due", "limited_to", "maintenance_due"]
