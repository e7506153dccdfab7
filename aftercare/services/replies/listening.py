"""What she wrote is sorted by rules before anybody has read it: what is worrying becomes a concern, and she is answered in fixed words."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aftercare.domain.protocol import Text
from aftercare.domain.thanks import is_only_thanks
from aftercare.domain.triage import Level, Verdict, triage
from aftercare.domain.triage.sorting import NOTE_OF_PICTURES
from aftercare.domain.words import words_in
from aftercare.models import CareMessage, Concern, Plan
from aftercare.services.concerns.lifecycle import add_words, hold_open_concern_of, location_of, raise_concern
from aftercare.services.concerns.on_call import is_on_call
from aftercare.services.telling.checking_in import check_in_of, is_bare, may_be_of_an_offer, was_asked_lately
from aftercare.wording import (
    ANSWER_FINE,
    ANSWER_NOTED_CLOSED,
    ANSWER_SOON,
    ANSWER_SOON_CLOSED,
    ANSWER_UNCLEAR,
    ANSWER_URGENT,
    ANSWER_URGENT_CLOSED,
)
from notifications import services as notifications
from notifications.domain.replies import without_stop
from notifications.domain.states import Meaning
from notifications.models import Reply
from scheduling import services as scheduling
from scheduling.domain.states import Status
from scheduling.models import Location, Patient

logger = logging.getLogger(__name__)

HEALS_FOR = timedelta(weeks=6)  # F19: within the interval that the skin needs
NOTHING_SEEN = "(an empty message)"
# What she is told while we are open, and while we are closed.
ANSWERS_TO = {
    Level.SOON: {True: ANSWER_SOON, False: ANSWER_SOON_CLOSED},
    Level.URGENT: {True: ANSWER_URGENT, False: ANSWER_URGENT_CLOSED},
}


@dataclass(frozen=True, slots=True)
class Understood:
    """What a reply came to. `to_say` is the fixed answer, if any, in the words of `location`.

    `is_unclear`: a time that was offered is what it may have answered, too, and she is told how to answer that.
    """

    level: Level
    check_in: CareMessage | None = None
    to_say: Text | None = None
    patient: Patient | None = None
    location: Location | None = None
    is_unclear: bool = False

    @property
    def is_settled(self) -> bool:
        return self.level is Level.FINE


def sort(reply: Reply, patients: Sequence[Patient], now: datetime) -> tuple[Verdict, CareMessage | None]:
    """With the check-in that it answers. Requires no lock and writes nothing."""
    check_in = check_in_of(patients, reply.address, now) if reply.channel == "sms" else None
    try:
        verdict = triage(without_stop(reply.body), asked=check_in is not None)
    except Exception as error:
        # In doubt it is a concern; and somebody must mend the rules.
        logger.error("Triage failed with %s on reply %s", type(error).__name__, reply.pk)
        notifications.raise_alarm("sms", "triage failed", f"{type(error).__name__} in the rules that sort replies", now=now)
        return Verdict(Level.SOON), check_in
    if reply.meaning == Meaning.HELP and not verdict.flags:
        # On its own it has an answer of its own, but who was asked how she is, shows something, or is worried already, needs somebody.
        is_worried = check_in is not None or NOTE_OF_PICTURES.search(reply.body) or _worried(patients)
        return Verdict(Level.SOON if is_worried else Level.WORDS), check_in
    if check_in is None and reply.channel == "sms" and not verdict.level.is_concern and _may_answer_late(reply, patients, now):
        return Verdict(Level.SOON), None
    return verdict, check_in


def _may_answer_late(reply: Reply, patients: Sequence[Patient], now: datetime) -> bool:
    """A “3” that came too late for its check-in: in doubt somebody asks her."""
    return (
        is_bare(reply.body)
        and triage(reply.body, asked=True).level.is_concern
        and (was_asked_lately(patients, reply.address, now) or bool(_healing(patients, now)))
    )


def listen(reply: Reply, lines: Sequence[CareMessage], patients: Sequence[Patient], now: datetime) -> Understood:
    """Raise what is to be raised. `lines` are the reply's own, one for each of `patients`. Requires a transaction."""
    verdict, check_in = sort(reply, patients, now)
    if not patients:
        return _of_nobody(reply, lines, verdict, now)
    is_unclear = check_in is not None and not verdict.flags and may_be_of_an_offer(verdict.numbers, check_in, patients, now)
    if check_in and (verdict.level.is_concern or not is_unclear):
        CareMessage.objects.filter(pk__in=[line.pk for line in lines], patient=check_in.patient).update(answers=check_in)
    if not verdict.level.is_concern:
        return _ordinary(reply, lines, patients, verdict.level, check_in, now, is_unclear=is_unclear)
    concerned = _concerned(patients, check_in, verdict, now)
    said = words_in(reply.body) or NOTHING_SEEN
    concerns = [
        raise_concern(patient=line.patient, severity=verdict.level.value, said=said, flags=verdict.flags, line=line, now=now)
        for line in lines
        if line.patient in concerned
    ]
    patient = check_in.patient if check_in and check_in.patient in concerned else concerned[0]
    concern = next(concern for concern in concerns if concern.patient == patient)
    # Where somebody is seeing to it, a machine doesn't talk into it.
    to_say = (
        None if all(each.acknowledged_at for each in concerns) else ANSWERS_TO[verdict.level][scheduling.is_open(concern.location, now)]
    )
    return Understood(verdict.level, check_in, to_say, patient, concern.location, is_unclear)


def _ordinary(
    reply: Reply,
    lines: Sequence[CareMessage],
    patients: Sequence[Patient],
    level: Level,
    check_in: CareMessage | None,
    now: datetime,
    *,
    is_unclear: bool,
) -> Understood:
    """Of whoever has an open concern it belongs to that, and doesn't count as settled: whoever sees to it reads it."""
    concerns: list[Concern] = []
    for line in lines:
        concern = hold_open_concern_of(line.patient) if line.patient else None
        if concern:
            concerns.append(add_words(concern, line, now=now))
    patient = check_in.patient if check_in and check_in.patient else patients[0]
    location = location_of(patient, now)
    if is_unclear:
        return Understood(Level.WORDS, check_in, ANSWER_UNCLEAR, patient, location, is_unclear)
    if level is Level.FINE and check_in and not concerns:
        return Understood(Level.FINE, check_in, ANSWER_FINE, patient, location)
    needs_none = concerns or is_only_thanks(reply.body) or scheduling.is_open(location, now)
    return Understood(Level.WORDS, check_in, None if needs_none else ANSWER_NOTED_CLOSED, patient, location)


def _of_nobody(reply: Reply, lines: Sequence[CareMessage], verdict: Verdict, now: datetime) -> Understood:
    """It may be a patient with another phone, or a friend of hers. She isn't answered, as nobody is at a number that we don't know."""
    if verdict.level is Level.URGENT and not is_on_call(reply.address):
        for line in lines:
            said = words_in(reply.body) or NOTHING_SEEN
            raise_concern(patient=None, severity=Concern.Severity.URGENT, said=said, flags=verdict.flags, line=line, now=now)
    return Understood(Level.WORDS)


def _concerned(patients: Sequence[Patient], check_in: CareMessage | None, verdict: Verdict, now: datetime) -> list[Patient]:
    """Of those who share a number: who was asked, where it is an answer to that and nothing else; or else she, who is healing, and whose
    concern is open; or all."""
    asked = {check_in.patient_id} if check_in else set()
    if any(asked) and not verdict.flags:
        return [patient for patient in patients if patient.pk in asked]
    likely = asked | _healing(patients, now) | _worried(patients)
    return [patient for patient in patients if patient.pk in likely] or list(patients)


def _healing(patients: Sequence[Patient], now: datetime) -> set[int | None]:
    """Whether their aftercare was stopped or not: the session took place."""
    lately = Plan.objects.filter(appointment__status=Status.FULFILLED, completed_at__gt=now - HEALS_FOR, completed_at__lte=now)
    return set(lately.filter(appointment__patient__in=patients).values_list("appointment__patient", flat=True))


def _worried(patients: Sequence[Patient]) -> set[int | None]:
    return set(Concern.objects.filter(patient__in=patients, resolved_at=None).values_list("patient", flat=True))
