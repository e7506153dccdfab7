"""The only writers of aftercare."""

from aftercare.services.bookings.appointments import tell_of_booking, tell_of_cancellation, tell_of_move, why_not_called_off
from aftercare.services.bookings.offers import tell_of_offer
from aftercare.services.changes.agreeing import end_emails, give_consent, opt_in, opt_out, start_is_enough, withdraw_consent
from aftercare.services.changes.following import follow
from aftercare.services.changes.moving_over import MovedOver, foresee_move_over, move_over, plans_behind
from aftercare.services.changes.renewing import follow_answer
from aftercare.services.changes.retelling import tell_by_email
from aftercare.services.concerns.escalating import escalate_due, hasten
from aftercare.services.concerns.ladder import Rung, next_rung, rungs_at, rungs_of
from aftercare.services.concerns.lifecycle import acknowledge, location_of, open_concern_of, raise_concern, resolve
from aftercare.services.concerns.on_call import contacts_of, nobody_on_call
from aftercare.services.plans.sessions import tell_of_completion, tell_of_reopening
from aftercare.services.plans.starting import start_plan
from aftercare.services.plans.stopping import start_again, stop_by_hand, stop_plan, why_not_again
from aftercare.services.previews.completion import Foreseen, foresee_plan
from aftercare.services.previews.protocol import Previewed, preview_protocol
from aftercare.services.protocols.checking import problems_of
from aftercare.services.protocols.drafts import add_step, begin_protocol, change_step, describe, discard, draft_of, remove_step, shift_step
from aftercare.services.protocols.lengths import dearest_text
from aftercare.services.protocols.loading import load_protocol, protocol_for
from aftercare.services.protocols.publishing import publish, retire
from aftercare.services.recalls.digest import send_digest
from aftercare.services.recalls.policy import recall_policy, set_recall_policy, want_by_policy
from aftercare.services.recalls.settling import settle_recalls
from aftercare.services.recalls.stopping import stop_recalls
from aftercare.services.recalls.telling import tell_recalls
from aftercare.services.recalls.wanting import Alike, Wanted, foresee_recalls, want_recalls
from aftercare.services.recalls.words import Shown, cost_of, words_for
from aftercare.services.replies.receiving import mark_read, receive
from aftercare.services.replies.writing import answer, way_to
from aftercare.services.telling.consent import agreements, has_said_stop, reachable_by, why_unreachable
from aftercare.services.telling.dealing import deal_with
from aftercare.services.telling.ending import Ending, ending_of
from aftercare.services.telling.reach import all_differences, renew_reach_at, work_out_anew
from aftercare.services.telling.taking_back import take_back
from aftercare.services.telling.tellings import values_of

__all__ = [
    "Alike",
    "Ending",
    "Foreseen",
    "MovedOver",
    "Previewed",
    "Rung",
    "Shown",
    "Wanted",
    "acknowledge",
    "add_step",
    "agreements",
    "all_differences",
    "answer",
    "begin_protocol",
    "change_step",
    "contacts_of",
    "cost_of",
    "deal_with",
    "dearest_text",
    "describe",
    "discard",
    "draft_of",
    "end_emails",
    "ending_of",
    "escalate_due",
    "follow",
    "follow_answer",
    "foresee_move_over",
    "foresee_plan",
    "foresee_recalls",
    "give_consent",
    "has_said_stop",
    "hasten",
    "load_protocol",
    "location_of",
    "mark_read",
    "move_over",
    "next_rung",
    "nobody_on_call",
    "open_concern_of",
    "opt_in",
    "opt_out",
    "plans_behind",
    "preview_protocol",
    "problems_of",
    "protocol_for",
    "publish",
    "raise_concern",
    "reachable_by",
    "recall_policy",
    "receive",
    "remove_step",
    "renew_reach_at",
    "resolve",
    "retire",
    "rungs_at",
    "rungs_of",
    "send_digest",
    "set_recall_policy",
    "settle_recalls",
    "shift_step",
    "start_again",
    "start_is_enough",
    "start_plan",
    "stop_by_hand",
    "stop_plan",
    "stop_recalls",
    "take_back",
    "tell_by_email",
    "tell_of_booking",
    "tell_of_cancellation",
    "tell_of_completion",
    "tell_of_move",
    "tell_of_offer",
    "tell_of_reopening",
    "tell_recalls",
    "values_of",
    "want_by_policy",
    "want_recalls",
    "way_to",
    "why_not_again",
    "why_not_called_off",
    "why_unreachable",
    "withdraw_consent",
    "words_for",
    "work_out_anew",
]
