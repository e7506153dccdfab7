from scheduling.views.due.page import maintenance_due_page

__all__ = ["maintenance_due_page"]
