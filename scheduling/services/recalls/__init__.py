"""Who is asked back: worked out from the appointments, and what was done about it."""

from scheduling.services.recalls.acting import Snoozed, log_call, resume, snooze, take_back_call
from scheduling.services.recalls.checking import Difference, differences
from scheduling.services.recalls.reaching import note_reach
from scheduling.services.recalls.refreshing import hold, refresh, refresh_all, refresh_patients_of

__all__ = [
    "Difference",
    "Snoozed",
    "differences",
    "hold",
    "log_call",
    "note_reach",
    "refresh",
    "refresh_all",
    "refresh_patients_of",
    "resume",
    "snooze",
    "take_back_call",
]
