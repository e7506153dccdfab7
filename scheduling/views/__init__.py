from scheduling.views.calendar import calendar_file, my_calendar_page
from scheduling.views.due import maintenance_due_page

__all__ = ["calendar_file", "maintenance_due_page", "my_calendar_page"]
