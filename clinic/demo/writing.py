"""Writing back from a phone of the demo: the very service that Twilio's webhook calls, without Twilio."""

from datetime import datetime
from uuid import uuid4

from django.db.models import QuerySet

from aftercare.models import Consent
from aftercare.services.consent import address_of
from notifications.domain.states import Meaning
from notifications.models import Reply
from notifications.services import receive_reply
from scheduling.models import Patient


def writes_from(patient: Patient) -> str:
    """The number that she gets texts at, or did before she said STOP; "" where there is none."""
    number = address_of(patient, "sms")
    agreed = Consent.objects.filter(patient=patient, channel="sms", is_granted=True, address=number)
    return number if number and agreed.exists() else ""


def write_back(patient: Patient, text: str, *, now: datetime) -> None:
    receive_reply("sms", writes_from(patient), text, provider_id=f"demo{uuid4().hex}", now=now)


def replies_from(number: str) -> QuerySet[Reply]:
    return Reply.objects.filter(channel="sms", address=number).order_by("received_at", "pk")


def answer_to(reply: Reply) -> str:
    """What Twilio is told to answer, "" for nothing. A reply that is delivered once more does nothing and gets the same answer."""
    if reply.meaning != Meaning.STOP:
        return ""
    return receive_reply(reply.channel, reply.address, reply.body, provider_id=reply.provider_id)
