"""Writing back from a phone of the demo: the very service that Twilio's webhook calls, without Twilio."""

from datetime import datetime
from uuid import uuid4

from django.db.models import QuerySet

from aftercare.models import CareMessage, Consent
from aftercare.services.telling.checking_in import check_in_of
from aftercare.services.telling.consent import address_of
from notifications.domain.states import WENT_OUT, Meaning
from notifications.models import Reply
from notifications.services import receive_reply
from scheduling.models import Offer, Patient


def writes_from(patient: Patient) -> str:
    """The number that she gets texts at, or did before she said STOP; "" where there is none."""
    number = address_of(patient, "sms")
    agreed = Consent.objects.filter(patient=patient, channel="sms", is_granted=True, address=number)
    return number if number and agreed.exists() else ""


def asks_for_a_number(patient: Patient | None, number: str, now: datetime) -> int:
    """How many there are to answer with: three where a check-in asked her, two where a time is offered, or else none."""
    if patient is None or not number:
        return 0
    if check_in_of([patient], number, now):
        return 3
    return 2 if Offer.objects.filter(entry__patient=patient, outcome=Offer.Outcome.OPEN).exists() else 0


def book_words(patient: Patient | None, number: str) -> tuple[str, ...]:
    """What a recall that went to her says that she may reply."""
    recalls = CareMessage.objects.filter(patient=patient, kind="recall", message__address=number, message__status__in=WENT_OUT)
    if patient is None or not recalls.exists():
        return ()
    return ("CITA",) if patient.language == "es" else ("BOOK",)


def write_back(patient: Patient, text: str, *, now: datetime) -> None:
    receive_reply("sms", writes_from(patient), text, provider_id=f"demo{uuid4().hex}", now=now)


def replies_from(number: str) -> QuerySet[Reply]:
    return Reply.objects.filter(channel="sms", address=number).order_by("received_at", "pk")


def answer_to(reply: Reply) -> str:
    """What Twilio is told to answer, "" for nothing. A reply that is delivered once more does nothing and gets the same answer."""
    if reply.meaning != Meaning.STOP:
        return ""
    return receive_reply(reply.channel, reply.address, reply.body, provider_id=reply.provider_id)
