from aftercare.views.outcomes.page import outcomes_page

__all__ = ["outcomes_page"]
