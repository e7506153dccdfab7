from aftercare.views.actions import acknowledge_view, answer_view, count_view, raise_view, read_number_view, read_view, resolve_view
from aftercare.views.ending import end_emails_page
from aftercare.views.inbox import inbox_page
from aftercare.views.outcomes import outcomes_page
from aftercare.views.recall_policy import recall_policy_page
from aftercare.views.recalls import recall_send_page
from aftercare.views.thread import thread_page, unknown_page

__all__ = [
    "acknowledge_view",
    "answer_view",
    "count_view",
    "end_emails_page",
    "inbox_page",
    "outcomes_page",
    "raise_view",
    "read_number_view",
    "read_view",
    "recall_policy_page",
    "recall_send_page",
    "resolve_view",
    "thread_page",
    "unknown_page",
]
