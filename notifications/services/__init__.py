"""The only writers of notifications. Services write rows; the dispatcher finds them."""

from notifications.services.claiming import Claimed, claim_due
from notifications.services.dispatching import dispatch, dispatch_until_idle
from notifications.services.outbox import SCHEDULE, Draft, cancel, schedule, schedule_with
from notifications.services.reconciling import reconcile
from notifications.services.suppressing import lift_suppression, suppress

__all__ = [
    "SCHEDULE",
    "Claimed",
    "Draft",
    "cancel",
    "claim_due",
    "dispatch",
    "dispatch_until_idle",
    "lift_suppression",
    "reconcile",
    "schedule",
    "schedule_with",
    "suppress",
]
