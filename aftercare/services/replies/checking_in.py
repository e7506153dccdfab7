"""Which check-in a reply is an answer to."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from notifications.domain.states import WENT_OUT
from scheduling.models import Offer, Patient

AWAITS_AN_ANSWER_FOR = timedelta(hours=72)
MAY_BE_ANSWERED_FOR = timedelta(days=14)
NUMBERS = ("two", "three", "dos", "tres")
OF_AN_OFFER = ("1", "2")  # how the answers to an offer begin


def check_in_of(patients: Sequence[Patient], number: str, body: str, now: datetime) -> CareMessage | None:
    """The last one texted to that number in the last 72 hours; None where a 1 or 2 would be about a time that was offered since.

    She may answer it more than once: a 1 is taken back by a 3.
    """
    texts = CareMessage.objects.filter(patient__in=patients, kind=Kind.CHECK_IN.value, channel="sms", message__address=number)
    gone = texts.filter(message__status__in=WENT_OUT, message__send_at__gt=now - AWAITS_AN_ANSWER_FOR)
    asked = gone.select_related("message", "patient").order_by("-message__send_at", "-pk").first()
    if asked is None or asked.message is None:
        return None
    is_ambiguous = body.strip().startswith(OF_AN_OFFER)
    offered = Offer.objects.filter(entry__patient__in=patients, offered_at__gt=asked.message.send_at).exclude(outcome=Offer.Outcome.UNTOLD)
    return None if is_ambiguous and offered.exists() else asked


def was_asked_lately(patients: Sequence[Patient], number: str, now: datetime) -> bool:
    """Whether a check-in was texted to that number in the last 14 days."""
    texts = CareMessage.objects.filter(patient__in=patients, kind=Kind.CHECK_IN.value, channel="sms", message__address=number)
    return texts.filter(message__status__in=WENT_OUT, message__send_at__gt=now - MAY_BE_ANSWERED_FOR).exists()


def is_bare(body: str) -> bool:
    """A number and nothing else."""
    word = body.strip(" .!)#\n\t").casefold()
    return word.isdecimal() or word in NUMBERS
