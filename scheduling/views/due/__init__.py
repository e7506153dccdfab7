from scheduling.views.due.calls import calls_page
from scheduling.views.due.kept import kept_view_view, kept_views_page
from scheduling.views.due.page import maintenance_due_page

__all__ = ["calls_page", "kept_view_view", "kept_views_page", "maintenance_due_page"]
