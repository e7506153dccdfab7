"""The only writers of notifications. Services write rows; the dispatcher finds them."""

from notifications.services.claiming import Claimed, claim_due
from notifications.services.dispatching import dispatch, dispatch_until_idle
from notifications.services.outbox import Draft, cancel, schedule
from notifications.services.reconciling import reconcile
from notifications.services.suppressing import lift_suppression, suppress

__all__ = [
    "Claimed",
    "Draft",
    "cancel",
    "claim_due",
    "dispatch",
    "dispatch_until_idle",
    "lift_suppression",
    "reconcile",
    "schedule",
    "suppress",
]
