"""What has come back from patients and providers so far: replies, an opt-out, receipts, a text that carriers took for spam."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db.models import F

from aftercare.models import CareMessage
from aftercare.services import mark_read, tell_by_email
from aftercare.services.telling.consent import address_of
from clinic.demo.settling import mark_all_sent
from clinic.demo.stages import Stage
from notifications.channels import twilio
from notifications.domain.states import MessageStatus
from notifications.models import Message, Receipt
from notifications.services import raise_alarm, take_reply
from scheduling.models import Patient

ON_ITS_WAY, DELIVERED_AFTER = timedelta(seconds=1), timedelta(seconds=4)
REFUSED_AFTER = timedelta(seconds=20)
FILTERED = "30007"


class Said(NamedTuple):
    text: str
    ago: timedelta
    read_after: timedelta | None = None


# By the first patient of each stage. The opt-out is in her own words, so that it waits for nobody.
REPLIES = {
    Stage.FIRST_NIGHT: Said("My cheeks feel tight and very warm, a bit worse than before. Is that normal?", timedelta(minutes=50)),
    Stage.FIRST_WEEK: Said("please stop texting me", timedelta(hours=20)),
    Stage.HEALING: Said("All healed, and my skin looks great. Thank you!", timedelta(hours=30), read_after=timedelta(minutes=40)),
    Stage.BOOKED_AHEAD: Said("Can my sister come along next time?", timedelta(hours=3)),
    Stage.NEXT_DUE: Said(
        "I'm away until the end of the month, I'll call you then", timedelta(days=2, hours=2), read_after=timedelta(hours=1)
    ),
}


def correspond(firsts: Mapping[Stage, Patient], *, read_by: User, now: datetime) -> None:
    """Before the rest of the past is marked as sent: what follows from it may lie in the past too."""
    if Stage.TODAY in firsts:
        _filter_latest_text(firsts[Stage.TODAY], now)
    for stage, said in REPLIES.items():
        if stage in firsts:
            _write_back(firsts[stage], said, read_by, now)


def confirm(until: datetime) -> None:
    """The texts that the provider took before then were delivered, by its receipts."""
    texts = Message.objects.filter(channel="sms", status=MessageStatus.ACCEPTED.value, accepted_at__lt=until - DELIVERED_AFTER)
    taken = list(texts.order_by("pk"))
    Receipt.objects.bulk_create(
        (
            Receipt(message=message, provider_id=message.provider_id, provider_status=status, received_at=message.accepted_at + after)
            for message in taken
            if message.accepted_at
            for status, after in (("sent", ON_ITS_WAY), ("delivered", DELIVERED_AFTER))
        ),
        batch_size=1000,
    )
    texts.update(status=MessageStatus.DELIVERED.value, delivered_at=F("accepted_at") + DELIVERED_AFTER)


def _write_back(patient: Patient, said: Said, read_by: User, now: datetime) -> None:
    said_at = now - said.ago
    mark_all_sent(patient, until=said_at)
    # The service insists on a transaction of its own, and the whole demo is made in one.
    take_reply("sms", address_of(patient, "sms"), said.text, provider_id=f"demo-reply-{patient.pk}", now=said_at)
    if said.read_after:
        mark_read(CareMessage.objects.to_read().filter(patient=patient), by=read_by, now=said_at + said.read_after)


def _filter_latest_text(patient: Patient, now: datetime) -> None:
    mark_all_sent(patient, until=now)
    sent = CareMessage.objects.filter(patient=patient, channel="sms", message__status=MessageStatus.ACCEPTED.value)
    line = sent.select_related("message").order_by("message__accepted_at", "pk").last()
    if line is None or line.message is None or line.message.accepted_at is None:
        return
    message, refused_at = line.message, line.message.accepted_at + REFUSED_AFTER
    ruling = twilio.RULINGS[int(FILTERED)]
    Receipt.objects.create(
        message=message, provider_id=message.provider_id, provider_status="undelivered", error_code=FILTERED, received_at=refused_at
    )
    Message.objects.filter(pk=message.pk).update(status=MessageStatus.UNDELIVERED.value, error_code=FILTERED, reason=ruling.words)
    tell_by_email(refused_at)
    raise_alarm("sms", FILTERED, ruling.words, now=refused_at)
