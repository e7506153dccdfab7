"""The only writers of notifications. Services write rows; the dispatcher finds them."""

from notifications.services.alarms import clear_alarm, clear_alarms, not_told_of, raise_alarm, remedy_for, remind_of, write_to_operators
from notifications.services.claiming import Claimed, claim_due
from notifications.services.dispatching import dispatch, dispatch_until_idle
from notifications.services.erasing import blank_messages, blank_replies, forget_pace, said_stop_at
from notifications.services.outbox import SCHEDULE, Draft, cancel, schedule, schedule_with
from notifications.services.pausing import pause, resume
from notifications.services.polling import poll
from notifications.services.receiving import record_receipt
from notifications.services.reconciling import reconcile
from notifications.services.replies import receive_reply, take_reply
from notifications.services.suppressing import lift_suppression, suppress

__all__ = [
    "SCHEDULE",
    "Claimed",
    "Draft",
    "blank_messages",
    "blank_replies",
    "cancel",
    "claim_due",
    "clear_alarm",
    "clear_alarms",
    "dispatch",
    "dispatch_until_idle",
    "forget_pace",
    "lift_suppression",
    "not_told_of",
    "pause",
    "poll",
    "raise_alarm",
    "receive_reply",
    "reconcile",
    "record_receipt",
    "remedy_for",
    "remind_of",
    "resume",
    "said_stop_at",
    "schedule",
    "schedule_with",
    "suppress",
    "take_reply",
    "write_to_operators",
]
