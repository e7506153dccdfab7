"""What a text message comes to at the most."""

from typing import Any

from aftercare.admin.protocols.words import accents_left_out, what_makes_it_dear
from aftercare.domain.checking import Surroundings, accents_lost, longest
from aftercare.domain.protocol import Step
from notifications.domain.segments import outside_gsm_7, segments


def size_of(sms: str, step: Step, language: str, around: Surroundings) -> dict[str, Any]:
    """`sms` is what was written; the longest names are put in."""
    sent = longest(sms, step, language, around)
    lost, lost_at_first = accents_lost(sms, step, language, around)
    return {
        "is_empty": not sms.strip(),
        "segments": segments(sent).number,
        "dear": what_makes_it_dear(outside_gsm_7(sent)),
        "left_out": accents_left_out(lost, lost_at_first),
        "characters": len(sent),
        "sent": sent,
    }
