"""Which check-in awaits an answer, and may be what a reply is about."""

from collections.abc import Sequence, Set
from datetime import datetime, timedelta

from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from notifications.domain.states import WENT_OUT
from scheduling.models import Offer, Patient

AWAITS_AN_ANSWER_FOR = timedelta(hours=72)
MAY_BE_ANSWERED_FOR = timedelta(days=14)
NOT_ANSWERED = (Offer.Outcome.OPEN, Offer.Outcome.EXPIRED, Offer.Outcome.LOST)  # and she was told of it
TAKE_OR_PASS = frozenset({1, 2})
NUMBERS = ("two", "three", "dos", "tres")


def check_in_of(patients: Sequence[Patient], number: str, now: datetime) -> CareMessage | None:
    """The last one texted to that number in the last 72 hours.

    She may answer it more than once: a 1 is taken back by a 3.
    """
    texts = CareMessage.objects.filter(patient__in=patients, kind=Kind.CHECK_IN.value, channel="sms", message__address=number)
    gone = texts.filter(message__status__in=WENT_OUT, message__send_at__gt=now - AWAITS_AN_ANSWER_FOR)
    return gone.select_related("message", "patient").order_by("-message__send_at", "-pk").first()


def may_be_of_an_offer(numbers: Set[int], check_in: CareMessage, patients: Sequence[Patient], now: datetime) -> bool:
    """Whether a 1 or a 2 may as well answer a time that waited for her answer since the check-in had asked her."""
    if check_in.message is None or not numbers & TAKE_OR_PASS:
        return False
    told = Offer.objects.filter(entry__patient__in=patients, outcome__in=NOT_ANSWERED, opening__during__startswith__gt=now)
    return told.filter(answer_by__gt=check_in.message.send_at).exists()


def was_asked_lately(patients: Sequence[Patient], number: str, now: datetime) -> bool:
    """Whether a check-in was texted to that number in the last 14 days."""
    texts = CareMessage.objects.filter(patient__in=patients, kind=Kind.CHECK_IN.value, channel="sms", message__address=number)
    return texts.filter(message__status__in=WENT_OUT, message__send_at__gt=now - MAY_BE_ANSWERED_FOR).exists()


def is_bare(body: str) -> bool:
    """A number and nothing else."""
    word = body.strip(" .!)#\n\t").casefold()
    return word.isdecimal() or word in NUMBERS
