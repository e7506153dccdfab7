"""What patients write back: into the ledger, and a call for help is answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftercare.domain.answers import answer_of
from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.services.answering import ANSWERS, Done, act_on
from aftercare.services.consent import patients_at
from aftercare.services.telling import values_of
from aftercare.wording import HELP, Letter, day_and_time, how_to_stop, render
from notifications import services as notifications
from notifications.domain.states import Meaning
from notifications.models import Reply
from notifications.services import Draft
from scheduling.models import Appointment, Location, Patient

ANSWERS_HELP = "an answer to HELP"
ANSWERS_HER = "an answer to “{answer}”"
ANSWER_IS_OF_USE_FOR = timedelta(hours=1)
MOST_ANSWERS_AN_HOUR = 3  # to an address: two machines mustn't help each other for ever


@transaction.atomic
def receive(reply: Reply, *, now: datetime) -> None:
    """A line for each patient at that address, or one that is nobody's. HELP is answered, once; not to an address that no patient has.

    What she was told to answer with is acted on, and answered too. Who asks for help over and over is left to a person.
    """
    if CareMessage.objects.filter(reply=reply).exists():
        return
    patients = list(patients_at(reply.channel, reply.address))
    whose: list[Patient | None] = [*patients] or [None]
    is_help = reply.meaning == Meaning.HELP and _asked_for_help(reply) <= MOST_ANSWERS_AN_HOUR
    done = act_on(reply, patients, now=now) if patients else None
    is_settled = is_help or (done is not None and not done.is_for_the_desk)
    lines = [
        CareMessage(
            patient=patient,
            kind=Kind.REPLY.value,
            channel=reply.channel,
            planned_for=reply.received_at,
            reply=reply,
            read_at=now if is_settled and patient else None,  # nobody needs to: it is answered here
        )
        for patient in whose
    ]
    CareMessage.objects.bulk_create(lines, ignore_conflicts=True)
    if is_help and patients:
        _answer_help(reply, patients, now)
    if done:
        _answer(reply, done, now)


@transaction.atomic
def mark_read(lines: Iterable[CareMessage], *, by: User, now: datetime | None = None) -> int:
    """Somebody has read these replies, for everybody at that address. Says how many lines that settles."""
    replies = [line.reply_id for line in lines if line.reply_id]
    return CareMessage.objects.to_read().filter(reply__in=replies).update(read_at=now or timezone.now(), read_by=by)


def _asked_for_help(reply: Reply) -> int:
    """How often in the last hour, this time included."""
    since = reply.received_at - timedelta(hours=1)
    return Reply.objects.filter(address=reply.address, meaning=Meaning.HELP.value, received_at__gt=since).count()


def _answer_help(reply: Reply, patients: Sequence[Patient], now: datetime) -> None:
    appointment = _nearest(patients, now)
    location = appointment.location if appointment else Location.objects.order_by("pk").first()
    if location is None:
        return
    patient = appointment.patient if appointment else patients[0]
    letter = render(HELP, patient.language, values_of(location, patient.language))
    hint = f" {how_to_stop(patient.language)}" if reply.channel == "sms" else ""
    _send(reply, letter, Done(HELP, patient, location, now, appointment), f"help-{reply.pk}", ANSWERS_HELP, now, hint=hint)


def _answer(reply: Reply, done: Done, now: datetime) -> None:
    language = done.patient.language
    values = values_of(done.location, language) | day_and_time(done.about, done.location.zone, language)
    letter = render(done.text, language, values)
    _send(reply, letter, done, f"{ANSWERS}{reply.pk}", ANSWERS_HER.format(answer=answer_of(reply.body)), now)


def _send(reply: Reply, letter: Letter, done: Done, key: str, reason: str, now: datetime, *, hint: str = "") -> None:
    """At once, at any hour: she has just written. The key makes it one answer, however often the reply comes."""
    is_text = reply.channel == "sms"
    answer = Draft(
        dedupe_key=key,
        reference=f"patient-{done.patient.pk}",
        channel=reply.channel,
        address=reply.address,
        subject="" if is_text else letter.subject,
        body=f"{letter.sms}{hint}" if is_text else letter.email,
        html="" if is_text else letter.html,
        send_at=now,
        expires_at=now + ANSWER_IS_OF_USE_FOR,
        time_zone=done.patient.time_zone,
    )
    [message] = notifications.schedule([answer], now=now)
    CareMessage.objects.get_or_create(
        message=message,
        defaults={
            "patient": done.patient,
            "appointment": done.appointment,
            "kind": done.kind.value,
            "channel": reply.channel,
            "planned_for": now,
            "key": done.key,
            "reason": reason,
        },
    )


def _nearest(patients: Sequence[Patient], now: datetime) -> Appointment | None:
    """The next appointment of anybody at that address, or else the last."""
    theirs = Appointment.objects.filter(patient__in=patients).select_related("patient", "location")
    coming = theirs.coming().filter(during__startswith__gt=now).order_by("during")
    return coming.first() or theirs.blocking().order_by("-during").first()
