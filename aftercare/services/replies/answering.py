"""A patient answers as she was told to: C and R about her appointment, 1 and 2 about a time that was offered to her, BOOK to a recall."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aftercare.domain.answers import Answer, answer_of, is_number
from aftercare.domain.protocol import Kind, Text
from aftercare.domain.reasons import IN_THE_ANSWER
from aftercare.models import CareMessage
from aftercare.services.bookings.heard import heard, key_of
from aftercare.services.bookings.offers import line_of_offer
from aftercare.services.recalls.answering import recall_to_book
from aftercare.services.telling.checking_in import check_in_of
from aftercare.services.telling.taking_back import take_back
from aftercare.wording import CONFIRMED, GONE, PASSED, TAKEN, TO_BE_MOVED, WILL_CALL
from notifications.domain.states import WENT_OUT, Meaning
from notifications.models import Reply
from scheduling import services as scheduling
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused, Gone
from scheduling.models import Appointment, Location, Offer, Patient, WaitlistEntry

ANSWERS = "answer-"  # what the keys of the answers begin with
MOST_ANSWERS_AN_HOUR = 6  # to a number: two machines mustn't answer each other for ever


@dataclass(frozen=True, slots=True)
class Done:
    """What was done with an answer, and in which words she is told. `about` is the time that they name, `answers` what had asked her."""

    text: Text
    patient: Patient
    location: Location
    about: datetime
    appointment: Appointment | None = None
    is_for_the_desk: bool = False
    kind: Kind = Kind.REPLY
    key: str = ""
    answers: CareMessage | None = None


def act_on(reply: Reply, patients: Sequence[Patient], *, now: datetime) -> Done | None:
    """None where it is no answer, or it isn't certain to what: somebody reads it. Requires a transaction.

    While a check-in awaits an answer a number is none to an offer: a 2 that says “unsure” must not be taken for “I pass”.
    """
    answer = answer_of(reply.body) if reply.channel == "sms" and reply.meaning == Meaning.WORDS else None
    if answer is None or answered_lately(patients, now) >= MOST_ANSWERS_AN_HOUR:
        return None
    if answer is Answer.BOOK:
        recall = recall_to_book(reply, patients, now)
        return _of_recall(recall, now) if recall else None
    if answer in (Answer.CONFIRM, Answer.MOVE):
        appointment = _asked_about(patients, reply.address, now)
        return _of_appointment(answer, appointment, now) if appointment else None
    if is_number(reply.body) and check_in_of(patients, reply.address, now):
        return None
    offer = _offered(patients, reply, now)
    done = _of_offer(answer, offer, now) if offer else None
    return replace(done, answers=line_of_offer(offer)) if offer and done else None


def _of_recall(recall: CareMessage, now: datetime) -> Done | None:
    if recall.patient is None or recall.recall_action is None:
        return None
    return Done(WILL_CALL, recall.patient, recall.recall_action.session.location, now, is_for_the_desk=True, answers=recall)


def _of_appointment(answer: Answer, appointment: Appointment, now: datetime) -> Done | None:
    known = heard(appointment).last
    if known is None or known[1] != appointment.location:
        return None
    service: Callable[..., Appointment] = scheduling.confirm if answer is Answer.CONFIRM else scheduling.request_move
    try:
        said = service(appointment, starts_at=known[0], now=now)
    except BookingRefused:  # it was moved, and she hasn't heard of that yet; or it was cancelled just now
        return None
    text = CONFIRMED if answer is Answer.CONFIRM else TO_BE_MOVED
    return Done(text, said.patient, said.location, said.starts_at, said, is_for_the_desk=answer is Answer.MOVE)


def _of_offer(answer: Answer, offer: Offer, now: datetime) -> Done | None:
    entry, starts_at = offer.entry, offer.opening.during.lower
    if offer.outcome == Offer.Outcome.ACCEPTED:
        hers = offer.appointment
        has_it = answer is Answer.TAKE and hers and (hers.status, hers.starts_at) == (Status.BOOKED, starts_at)
        return _taken(hers) if has_it and hers else None
    if entry.status != WaitlistEntry.Status.WAITING:
        return None
    if answer is Answer.PASS:
        scheduling.decline_offer(offer, now=now)
        return Done(PASSED, entry.patient, entry.location, starts_at)
    try:
        appointment = scheduling.accept_offer(offer, now=now)
    except Gone as refusal:
        scheduling.note_refusal(refusal)
        return Done(GONE, entry.patient, entry.location, starts_at)
    # One text says both: that it is hers, and for when she is booked.
    take_back(reason=IN_THE_ANSWER, appointment=appointment, kind=Kind.CONFIRMATION.value)
    return _taken(appointment)


def _taken(appointment: Appointment) -> Done:
    key = f"{key_of(appointment)}{Kind.CONFIRMATION}"
    return Done(TAKEN, appointment.patient, appointment.location, appointment.starts_at, appointment, kind=Kind.CONFIRMATION, key=key)


def _asked_about(patients: Sequence[Patient], number: str, now: datetime) -> Appointment | None:
    """The coming appointment that this number was texted about. Among several it is the one that the last text was about."""
    texts = CareMessage.objects.filter(patient__in=patients, channel="sms", message__address=number, message__status__in=WENT_OUT)
    told = texts.filter(kind__in=[Kind.CONFIRMATION.value, Kind.REMINDER.value]).values("appointment")
    coming = Appointment.objects.filter(pk__in=told, status=Status.BOOKED, during__startswith__gt=now)
    asked = {appointment.pk: appointment for appointment in coming.select_related("patient", "location")}
    if len(asked) == 1:
        return next(iter(asked.values()))
    last = texts.order_by("-message__send_at", "-pk").first() if asked else None
    return asked.get(last.appointment_id or 0) if last else None


def _offered(patients: Sequence[Patient], reply: Reply, now: datetime) -> Offer | None:
    """The one that waits for her answer, or else the last one; None where several do, or she answers with a number and something else
    has asked for one since."""
    offers = Offer.objects.filter(entry__patient__in=patients, opening__during__startswith__gt=now)
    offers = offers.select_related("entry__patient", "entry__location", "opening", "appointment__patient", "appointment__location")
    waiting = list(offers.filter(outcome=Offer.Outcome.OPEN)[:2])
    if len(waiting) > 1:
        return None
    last = waiting[0] if waiting else offers.exclude(outcome=Offer.Outcome.UNTOLD).order_by("-offered_at", "-pk").first()
    if last is None or not is_number(reply.body):
        return last
    since = CareMessage.objects.filter(patient__in=patients, kind=Kind.CHECK_IN.value, channel="sms", planned_for__gt=last.offered_at)
    return None if since.filter(message__address=reply.address, message__status__in=WENT_OUT).exists() else last


def answered_lately(patients: Sequence[Patient], now: datetime) -> int:
    """How many answers went to them in the last hour, of any kind but those to HELP."""
    since = CareMessage.objects.filter(patient__in=patients, planned_for__gt=now - timedelta(hours=1))
    return since.filter(message__dedupe_key__startswith=ANSWERS).count()
