from scheduling.views.board import board_page
from scheduling.views.calendar import calendar_file, my_calendar_page
from scheduling.views.card import appointment_card
from scheduling.views.due import maintenance_due_page

__all__ = ["appointment_card", "board_page", "calendar_file", "maintenance_due_page", "my_calendar_page"]
