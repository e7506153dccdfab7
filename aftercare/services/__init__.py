"""The only writers of aftercare."""

from aftercare.services.agreeing import give_consent, opt_in, opt_out, start_is_enough, withdraw_consent
from aftercare.services.bookings import tell_of_booking, tell_of_cancellation, tell_of_move, why_not_called_off
from aftercare.services.consent import agreements, has_said_stop, reachable_by, why_unreachable
from aftercare.services.dealing import deal_with
from aftercare.services.following import follow
from aftercare.services.lengths import dearest_text
from aftercare.services.offers import tell_of_offer
from aftercare.services.plans import start_plan, stop_plan, tell_of_completion
from aftercare.services.previewing import Foreseen, foresee_plan
from aftercare.services.protocols import load_protocol, protocol_for
from aftercare.services.replies import mark_read, receive
from aftercare.services.retelling import follow_answer, tell_by_email
from aftercare.services.taking_back import take_back

__all__ = [
    "Foreseen",
    "agreements",
    "deal_with",
    "dearest_text",
    "follow",
    "follow_answer",
    "foresee_plan",
    "give_consent",
    "has_said_stop",
    "load_protocol",
    "mark_read",
    "opt_in",
    "opt_out",
    "protocol_for",
    "reachable_by",
    "receive",
    "start_is_enough",
    "start_plan",
    "stop_plan",
    "take_back",
    "tell_by_email",
    "tell_of_booking",
    "tell_of_cancellation",
    "tell_of_completion",
    "tell_of_move",
    "tell_of_offer",
    "why_not_called_off",
    "why_unreachable",
    "withdraw_consent",
]
