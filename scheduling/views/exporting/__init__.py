"""The maintenance-due report as a file."""

from scheduling.views.exporting.page import maintenance_due_export

__all__ = ["maintenance_due_export"]
