"""What becomes of a message: after a try to send it, and after a look for it at the provider."""

from datetime import datetime, timedelta
from typing import NamedTuple

from notifications.domain.states import MessageStatus, Verdict

LOOKS = 2  # that find nothing, before a message counts as not sent
MOST_RESENDS = 1
PATIENCE = timedelta(hours=24)  # with a provider that can't be asked
ASK_HER = "it may have been sent: please check with the patient"


class Next(NamedTuple):
    status: MessageStatus
    reason: str = ""
    send_at: datetime | None = None  # of the next try


def after_try(verdict: Verdict, explanation: str, *, again_at: datetime, expires_at: datetime) -> Next:
    """`again_at` is when a message that was certainly not taken may be tried again: not once it is worthless."""
    match verdict:
        case Verdict.ACCEPTED:
            return Next(MessageStatus.ACCEPTED, explanation)
        case Verdict.OPTED_OUT:
            return Next(MessageStatus.SUPPRESSED, "the address opted out")
        case Verdict.REFUSED_FOR_GOOD:
            return Next(MessageStatus.FAILED, explanation)
        case Verdict.UNCERTAIN:
            return Next(MessageStatus.UNCERTAIN, explanation)
        case Verdict.REFUSED_FOR_NOW if again_at >= expires_at:
            return Next(MessageStatus.EXPIRED, f"not accepted in time: {explanation}")
        case Verdict.REFUSED_FOR_NOW:
            return Next(MessageStatus.SCHEDULED, f"to be tried again: {explanation}", again_at)


def after_look(is_found: bool, *, looks: int, doubtful_tries: int) -> Next:
    """The `looks`-th look since the last try. Only tries of which nobody knows count as `doubtful_tries`, this one included."""
    if is_found:
        return Next(MessageStatus.ACCEPTED, "found at the provider")
    if looks < LOOKS:
        return Next(MessageStatus.UNCERTAIN)  # for the reason that it is
    if doubtful_tries > MOST_RESENDS:
        return Next(MessageStatus.FAILED, ASK_HER)
    return Next(MessageStatus.SCHEDULED, "not found at the provider")


def after_no_answer(in_doubt_for: timedelta) -> Next:
    """The provider couldn't be asked. Somebody is told in the end: nothing stays uncertain for ever."""
    return Next(MessageStatus.FAILED, ASK_HER) if in_doubt_for >= PATIENCE else Next(MessageStatus.UNCERTAIN)
