from scheduling.views.board import board_page
from scheduling.views.calendar import calendar_file, my_calendar_page
from scheduling.views.card import appointment_card
from scheduling.views.due import kept_view_view, kept_views_page, maintenance_due_page

__all__ = [
    "appointment_card",
    "board_page",
    "calendar_file",
    "kept_view_view",
    "kept_views_page",
    "maintenance_due_page",
    "my_calendar_page",
]
