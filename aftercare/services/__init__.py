"""The only writers of aftercare."""

from aftercare.services.bookings import tell_of_booking, tell_of_cancellation, tell_of_move
from aftercare.services.consent import give_consent, reachable_by, withdraw_consent
from aftercare.services.plans import start_plan, stop_plan
from aftercare.services.protocols import load_protocol, protocol_for
from aftercare.services.taking_back import take_back

__all__ = [
    "give_consent",
    "load_protocol",
    "protocol_for",
    "reachable_by",
    "start_plan",
    "stop_plan",
    "take_back",
    "tell_of_booking",
    "tell_of_cancellation",
    "tell_of_move",
    "withdraw_consent",
]
