from aftercare.reports.inbox import (
    Asked,
    Conversation,
    Waiting,
    conversations,
    filled,
    locations_without_anybody_on_call,
    open_concerns,
    waiting,
)
from aftercare.reports.thread import About, Thread, about, came_at, thread_of, thread_of_number

__all__ = [
    "About",
    "Asked",
    "Conversation",
    "Thread",
    "Waiting",
    "about",
    "came_at",
    "conversations",
    "filled",
    "locations_without_anybody_on_call",
    "open_concerns",
    "thread_of",
    "thread_of_number",
    "waiting",
]
