from scheduling.views.due import maintenance_due_page

__all__ = ["maintenance_due_page"]
