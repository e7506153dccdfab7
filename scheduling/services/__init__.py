"""The only writers of scheduling. Each starts its own transaction, or joins the caller's, and sends what happened as a signal inside it."""

from scheduling.services.booking import book, move
from scheduling.services.courses import set_minimum_interval
from scheduling.services.recalls import refresh_recall
from scheduling.services.status import arrive, cancel, complete, mark_no_show, reopen
from scheduling.services.warnings import warnings_of

__all__ = [
    "arrive",
    "book",
    "cancel",
    "complete",
    "mark_no_show",
    "move",
    "refresh_recall",
    "reopen",
    "set_minimum_interval",
    "warnings_of",
]
