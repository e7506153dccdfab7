from aftercare.reports.delivered import Delivered, delivered
from aftercare.reports.held import held_of
from aftercare.reports.inbox import (
    MOST_FOUND,
    Asked,
    Conversation,
    Urgent,
    Waiting,
    conversations,
    filled,
    locations_without_anybody_on_call,
    open_concerns,
    urgent_open,
    waiting,
    without_conversation,
)
from aftercare.reports.thread import About, Thread, about, came_at, thread_of, thread_of_number

__all__ = [
    "MOST_FOUND",
    "About",
    "Asked",
    "Conversation",
    "Delivered",
    "Thread",
    "Urgent",
    "Waiting",
    "about",
    "came_at",
    "conversations",
    "delivered",
    "filled",
    "held_of",
    "locations_without_anybody_on_call",
    "open_concerns",
    "thread_of",
    "thread_of_number",
    "urgent_open",
    "waiting",
    "without_conversation",
]
