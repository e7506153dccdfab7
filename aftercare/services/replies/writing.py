"""Our own words to a patient: an answer to what she wrote, by text, or by email where no text is possible."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from aftercare.domain.protocol import Kind, Text
from aftercare.domain.words import words_in
from aftercare.errors import CantBeReached, NothingToSay, TooLong
from aftercare.models import CareMessage, Concern, ConcernEvent
from aftercare.models.concerns import MAY_RESOLVE
from aftercare.services.concerns.lifecycle import acknowledge_held, location_of, open_concern_of, require_seen
from aftercare.services.telling.at_once import say_at_once
from aftercare.services.telling.consent import address_of, has_said_stop, said_stop_at
from aftercare.services.telling.tellings import values_of
from aftercare.wording import Letter, render
from notifications.domain.segments import segments
from scheduling.models import Location, Patient
from scheduling.services import require_known

MOST_SEGMENTS = 2
IS_OF_USE_FOR = timedelta(hours=4)
TWICE_WITHIN = timedelta(minutes=1)  # the same words are the same answer: a button was pressed twice


class Way(NamedTuple):
    """How an answer reaches her. `why` is a sentence where it isn't by text."""

    channel: str
    address: str
    why: str = ""


def way_to(patient: Patient) -> Way:
    """She needn't have agreed to messages: she is answered. Raises CantBeReached, with why."""
    number, email = (address_of(patient, channel) for channel in ("sms", "email"))
    stopped_at = said_stop_at("sms", number) if number else None
    if number and stopped_at is None:
        return Way("sms", number)
    no_text = f"{patient.first_name}'s number said STOP on {_day(stopped_at, patient)}" if stopped_at else ""
    if email and not has_said_stop("email", email):
        return Way("email", email, f"{no_text or f'{patient.first_name} has no mobile number here'}: the answer goes by email.")
    if no_text:
        raise CantBeReached(f"{no_text}, and there is no email address that may be used. Please call.")
    raise CantBeReached(f"{patient.first_name} has no mobile number and no email address here. Please add one first.")


def _day(at: datetime, patient: Patient) -> str:
    return date_format(timezone.localtime(at, patient.zone), "F j, Y")


@transaction.atomic
def answer(
    patient: Patient, words: str, *, by: User, concern: Concern | None = None, seen: int | None = None, now: datetime
) -> CareMessage:
    """At once and at any hour: she wrote to us. The clinic's name goes in front. Whoever may resolve an open concern acknowledges it
    by answering; anybody else's answer leaves its clock running.

    `seen` is the open concern's `heard` as it was when they looked, 0 where none was open; None: they know all that there is.
    Raises NothingToSay, TooLong (more than 2 segments), CantBeReached, SaidMore, PatientErased. Sent twice within a minute, it is sent
    once.
    """
    words = words_in(words)
    if not words:
        raise NothingToSay("Write an answer first.")
    require_known(patient)
    channel, address, _why = way_to(patient)
    standing = concern or open_concern_of(patient)
    held = Concern.objects.select_for_update(of=("self",), no_key=True).select_related("location").get(pk=standing.pk) if standing else None
    location = held.location if held else location_of(patient, now)
    letter = letter_of(words, location, patient.language)
    if channel == "sms":
        require_short(letter.sms)
    twin = _said_just_now(patient, words, by, now)
    if twin:
        return twin
    if held and not held.resolved_at:
        require_seen(held, seen)
    key = key_of(patient, words, by, now)
    line = say_at_once(
        patient,
        letter,
        channel=channel,
        address=address,
        dedupe_key=key,
        of_use_for=IS_OF_USE_FOR,
        is_urgent=held is not None and held.severity == Concern.Severity.URGENT,
        now=now,
        kind=Kind.REPLY.value,
        key=key,
        concern=held,
        written_by=by,
    )
    if held and not held.resolved_at:
        if not held.acknowledged_at and by.has_perm(MAY_RESOLVE):
            acknowledge_held(held, by=by, now=now)
        ConcernEvent.objects.create(concern=held, what=ConcernEvent.What.ANSWERED, at=now, by=by)
    return line


def letter_of(words: str, location: Location, language: str) -> Letter:
    """The words as they are: nothing in them is a placeholder."""
    values = values_of(location, language)
    return render(Text(sms="{clinic}: {words}", subject="{clinic}", email="{words}"), language, {**values, "words": words})


def require_short(text: str) -> None:
    encoding, number = segments(text)
    if number > MOST_SEGMENTS:
        most = "about 300" if encoding == "GSM-7" else "about 130, because of a character such as an emoji or a curly quote,"
        raise TooLong(f"That would go out as {number} texts. Shorten it to {most} characters, the clinic's name included.", number)


def key_of(patient: Patient, words: str, by: User, at: datetime) -> str:
    """The same within a minute of the clock: two requests at once write one row."""
    digest = sha256(f"{by.pk}:{words}".encode()).hexdigest()[:16]
    return f"words-{patient.pk}-{digest}-{int(at.timestamp() // TWICE_WITHIN.total_seconds())}"


def _said_just_now(patient: Patient, words: str, by: User, now: datetime) -> CareMessage | None:
    keys = [key_of(patient, words, by, at) for at in (now, now - TWICE_WITHIN)]
    lately = CareMessage.objects.filter(patient=patient, key__in=keys, planned_for__gt=now - TWICE_WITHIN)
    return lately.select_related("message").first()
