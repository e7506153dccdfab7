"""The only writers of scheduling. Each starts its own transaction, or joins the caller's, and sends what happened as a signal inside it."""

from scheduling.services.booking import book, booked_already
from scheduling.services.calendars import calendar_feed, make_calendar_address, note_reading, revoke_calendar_address
from scheduling.services.confirming import confirm, request_move
from scheduling.services.courses import set_minimum_interval
from scheduling.services.desk import book_at_desk
from scheduling.services.erasing import as_eraser
from scheduling.services.exporting import begin_export, end_export
from scheduling.services.foreseeing import Foreseen, foresee_move, free_around
from scheduling.services.free_slots import Slot, free_slots
from scheduling.services.hours import after_open_hours, is_open, opens_at
from scheduling.services.keeping import change_view, forget_view, keep_view
from scheduling.services.knowing import hold_known, require_known
from scheduling.services.moving import Change, make_moves, move, undo_move
from scheduling.services.offering import accept_offer, decline_offer, offer_openings
from scheduling.services.recalls import (
    Difference,
    Snoozed,
    differences,
    log_call,
    note_reach,
    refresh,
    refresh_all,
    refresh_patients_of,
    resume,
    snooze,
    take_back_call,
)
from scheduling.services.refusals import note_refusal
from scheduling.services.saving import all_or_nothing
from scheduling.services.status import arrive, cancel, complete, mark_no_show, reopen, require_end, require_legal, undo_arrival
from scheduling.services.suiting import why_not
from scheduling.services.waiting import wait, withdraw
from scheduling.services.warnings import warnings_of

__all__ = [
    "Change",
    "Difference",
    "Foreseen",
    "Slot",
    "Snoozed",
    "accept_offer",
    "after_open_hours",
    "all_or_nothing",
    "arrive",
    "as_eraser",
    "begin_export",
    "book",
    "book_at_desk",
    "booked_already",
    "calendar_feed",
    "cancel",
    "change_view",
    "complete",
    "confirm",
    "decline_offer",
    "differences",
    "end_export",
    "foresee_move",
    "forget_view",
    "free_around",
    "free_slots",
    "hold_known",
    "is_open",
    "keep_view",
    "log_call",
    "make_calendar_address",
    "make_moves",
    "mark_no_show",
    "move",
    "note_reach",
    "note_reading",
    "note_refusal",
    "offer_openings",
    "opens_at",
    "refresh",
    "refresh_all",
    "refresh_patients_of",
    "reopen",
    "request_move",
    "require_end",
    "require_known",
    "require_legal",
    "resume",
    "revoke_calendar_address",
    "set_minimum_interval",
    "snooze",
    "take_back_call",
    "undo_arrival",
    "undo_move",
    "wait",
    "warnings_of",
    "why_not",
    "withdraw",
]
