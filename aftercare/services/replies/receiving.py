"""What patients write back: into the ledger, to be acted on, sorted, answered or read."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftercare.domain.answers import as_asked
from aftercare.domain.protocol import Kind
from aftercare.domain.triage import Level, language_of
from aftercare.models import CareMessage
from aftercare.services.recalls.answering import note_answer
from aftercare.services.replies.answering import ANSWERS, MOST_ANSWERS_AN_HOUR, Done, act_on, answered_lately
from aftercare.services.replies.listening import Understood, listen
from aftercare.services.telling.at_once import say_at_once
from aftercare.services.telling.consent import has_said_stop, patients_at
from aftercare.services.telling.guarding import unless_it_fails
from aftercare.services.telling.tellings import values_of
from aftercare.wording import HELP, Letter, closed_until, day_and_time, how_to_answer_an_offer, how_to_stop, render
from notifications.domain.states import Meaning
from notifications.models import Reply
from scheduling import services as scheduling
from scheduling.models import Appointment, Location, Patient

T = TypeVar("T")

ANSWERS_HELP = "an answer to HELP"
ANSWERS_HER = "an answer to “{answer}”"
ANSWER_IS_OF_USE_FOR = timedelta(hours=1)
MOST_HELP_AN_HOUR = 3  # to an address: two machines mustn't help each other for ever
HOUR = timedelta(hours=1)
NOTED_FOR = timedelta(hours=12)
# Why the ledger says that they went out.
URGENT_WORDS = "an answer to what sounds urgent"
WORDS_OF = {
    Level.FINE: "an answer to the patient's answer",
    Level.WORDS: "an answer out of hours",
    Level.SOON: "an answer to what sounds worried",
    Level.URGENT: URGENT_WORDS,
}
ASKS_WHICH = "an answer to a number that may mean the check-in or the time that was offered"


@transaction.atomic
def receive(reply: Reply, *, is_settled: bool = False, now: datetime) -> None:
    """A line for each patient at that address, or one that is nobody's. What `is_settled` stands there and asks nothing of anybody: a STOP
    or START has been done. Of anything else, what comes first counts:

    1. What she was told to answer with is acted on: C and R, 1 and 2 to a time that is offered, BOOK to a recall.
    2. An answer to a check-in, and whatever else she writes, is sorted: what is worrying becomes a concern (aftercare.domain.triage).
    3. HELP is answered, and anything else waits to be read.

    Each of these may fail without taking the others along: a concern stands even where its fixed answer can't be written.
    Nothing is texted to an address that no patient has, or that says STOP. Who asks for help over and over is left to a person.
    """
    if CareMessage.objects.filter(reply=reply).exists():
        return
    patients = _known_at(reply)
    lines = _write_down(reply, patients, read_at=now if is_settled else None)
    if is_settled:
        return
    done = heard = None
    if patients:
        done = _unless_it_fails("answer not acted on", reply, partial(act_on, reply, patients, now=now), now)
    if patients and not done:
        recall = _unless_it_fails("recall not answered", reply, partial(note_answer, reply, patients, now), now)
        if recall:
            CareMessage.objects.filter(reply=reply, patient=recall.patient).update(answers=recall)
    if done and done.answers:
        CareMessage.objects.filter(reply=reply, patient=done.patient).update(answers=done.answers)
    if not done:
        heard = _unless_it_fails("concern not raised", reply, partial(listen, reply, lines, patients, now), now)
    is_help = reply.meaning == Meaning.HELP and _asked_for_help(reply) <= MOST_HELP_AN_HOUR
    is_answered = (done is not None and not done.is_for_the_desk) or (heard is not None and heard.is_settled)
    is_answered = is_answered or (is_help and heard is not None and not heard.level.is_concern)
    has_answered = _unless_it_fails("answer not written", reply, partial(_answer_as_due, reply, done, heard, patients, is_help, now), now)
    if is_answered and has_answered and patients:  # nobody needs to read it
        CareMessage.objects.filter(reply=reply).update(read_at=now)


@transaction.atomic
def mark_read(lines: Iterable[CareMessage], *, by: User, now: datetime | None = None) -> int:
    """Somebody has read these replies, for everybody at that address. Says how many lines that settles."""
    replies = [line.reply_id for line in lines if line.reply_id]
    return CareMessage.objects.to_read().filter(reply__in=replies).update(read_at=now or timezone.now(), read_by=by)


def _known_at(reply: Reply) -> list[Patient]:
    """Whom the address reaches. Who is being erased isn't among them, and who is erased next is so with this reply."""
    known = scheduling.hold_known(list(patients_at(reply.channel, reply.address).values_list("pk", flat=True)))
    return list(Patient.objects.filter(pk__in=known).order_by("pk"))


def _write_down(reply: Reply, patients: Sequence[Patient], *, read_at: datetime | None) -> list[CareMessage]:
    whose: list[Patient | None] = [*patients] or [None]
    about = partial(CareMessage, kind=Kind.REPLY.value, channel=reply.channel, planned_for=reply.received_at, reply=reply, read_at=read_at)
    CareMessage.objects.bulk_create([about(patient=patient) for patient in whose], ignore_conflicts=True)
    return list(CareMessage.objects.filter(reply=reply).select_related("patient", "reply").order_by("pk"))


def _unless_it_fails(code: str, reply: Reply, step: Callable[[], T], now: datetime) -> T | None:
    """None where it failed: her words wait to be read as any do, and an operator is told. Never what she wrote."""
    return unless_it_fails(step, code=code, log=f"Of reply {reply.pk}: {code}", said=f"with what a patient wrote: {code}", now=now)


def _answer_as_due(
    reply: Reply, done: Done | None, heard: Understood | None, patients: Sequence[Patient], is_help: bool, now: datetime
) -> Literal[True]:
    if done:
        _answer(reply, done, now)
    elif heard and heard.level.is_concern and (heard.to_say or not is_help):
        _answer_concern(reply, heard, patients, now)
    elif is_help and patients:
        _answer_help(reply, patients, now)
    elif heard and (heard.is_settled or heard.is_unclear or (reply.meaning == Meaning.WORDS and not _was_noted(patients, now))):
        _answer_sorted(reply, heard, patients, now)
    return True


def _asked_for_help(reply: Reply) -> int:
    """How often in the last hour, this time included."""
    since = reply.received_at - HOUR
    return Reply.objects.filter(address=reply.address, meaning=Meaning.HELP.value, received_at__gt=since).count()


def _answer_help(reply: Reply, patients: Sequence[Patient], now: datetime) -> None:
    appointment = _nearest(patients, now)
    location = appointment.location if appointment else Location.objects.order_by("pk").first()
    if location is None:
        return
    patient = appointment.patient if appointment else patients[0]
    letter = render(HELP, patient.language, values_of(location, patient.language))
    _send(
        reply,
        letter,
        Done(HELP, patient, location, now, appointment),
        f"help-{reply.pk}",
        ANSWERS_HELP,
        now,
        hint=f" {how_to_stop(patient.language)}",
    )


def _answer(reply: Reply, done: Done, now: datetime) -> None:
    language = done.patient.language
    values = values_of(done.location, language) | day_and_time(done.about, done.location.zone, language)
    letter = render(done.text, language, values)
    _send(reply, letter, done, f"{ANSWERS}{reply.pk}", ANSWERS_HER.format(answer=as_asked(reply.body)), now)


def _answer_concern(reply: Reply, heard: Understood, patients: Sequence[Patient], now: datetime) -> None:
    """The first urgent answer within an hour always goes."""
    is_first = heard.level is Level.URGENT and not _said_lately(URGENT_WORDS, patients, now - HOUR)
    if is_first:
        _say(reply, heard, URGENT_WORDS, now)
    else:
        _answer_sorted(reply, heard, patients, now)


def _answer_sorted(reply: Reply, heard: Understood, patients: Sequence[Patient], now: datetime) -> None:
    if answered_lately(patients, now) < MOST_ANSWERS_AN_HOUR:
        _say(reply, heard, ASKS_WHICH if heard.is_unclear else WORDS_OF[heard.level], now)


def _say(reply: Reply, heard: Understood, reason: str, now: datetime) -> None:
    patient, location = heard.patient, heard.location
    if heard.to_say is None or patient is None or location is None or has_said_stop(reply.channel, reply.address):
        return
    # What is worrying is answered in the language that it is written in: whoever writes it must understand the numbers.
    language = language_of(reply.body, otherwise=patient.language) if heard.level.is_concern else patient.language
    closed = closed_until(scheduling.opens_at(location, now), location.zone, language)
    letter = render(heard.to_say, language, values_of(location, language) | {"closed": closed})
    hint = f" {how_to_answer_an_offer(language)}" if heard.is_unclear else ""
    done = Done(heard.to_say, patient, location, now)
    _send(reply, letter, done, f"{ANSWERS}{reply.pk}", reason, now, hint=hint, is_urgent=heard.level is Level.URGENT)


def _was_noted(patients: Sequence[Patient], now: datetime) -> bool:
    """Once a night is enough."""
    return _said_lately(WORDS_OF[Level.WORDS], patients, now - NOTED_FOR)


def _said_lately(reason: str, patients: Sequence[Patient], since: datetime) -> bool:
    said = CareMessage.objects.filter(patient__in=patients, planned_for__gt=since, reason=reason)
    return said.filter(message__dedupe_key__startswith=ANSWERS).exists()


def _send(
    reply: Reply, letter: Letter, done: Done, key: str, reason: str, now: datetime, *, hint: str = "", is_urgent: bool = False
) -> None:
    """The key makes it one answer, however often the reply comes."""
    say_at_once(
        done.patient,
        letter,
        channel=reply.channel,
        address=reply.address,
        dedupe_key=key,
        of_use_for=ANSWER_IS_OF_USE_FOR,
        hint=hint,
        is_urgent=is_urgent,
        now=now,
        appointment=done.appointment,
        kind=done.kind.value,
        key=done.key,
        reason=reason,
    )


def _nearest(patients: Sequence[Patient], now: datetime) -> Appointment | None:
    """The next appointment of anybody at that address, or else the last."""
    theirs = Appointment.objects.filter(patient__in=patients).select_related("patient", "location")
    coming = theirs.coming().filter(during__startswith__gt=now).order_by("during")
    return coming.first() or theirs.blocking().order_by("-during").first()
