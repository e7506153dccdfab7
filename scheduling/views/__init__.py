from scheduling.views.board import board_page
from scheduling.views.calendar import calendar_file, my_calendar_page
from scheduling.views.card import appointment_card
from scheduling.views.due import calls_page, kept_view_view, kept_views_page, maintenance_due_page
from scheduling.views.exporting import maintenance_due_export
from scheduling.views.recalls import recall_call_page, recall_resume_view, recall_take_back_view
from scheduling.views.snoozing import recall_snooze_page

__all__ = [
    "appointment_card",
    "board_page",
    "calendar_file",
    "calls_page",
    "kept_view_view",
    "kept_views_page",
    "maintenance_due_export",
    "maintenance_due_page",
    "my_calendar_page",
    "recall_call_page",
    "recall_resume_view",
    "recall_snooze_page",
    "recall_take_back_view",
]
