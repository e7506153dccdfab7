"""A time that became free is offered by text: an email is read too late to be answered within a quarter of an hour."""

from datetime import datetime

from django.db import transaction

from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage
from aftercare.services.telling.checking_in import check_in_of
from aftercare.services.telling.consent import address_of, hold, patients_at
from aftercare.services.telling.tellings import Telling, tell, values_of
from aftercare.wording import OFFER, OFFER_INSTEAD, day_and_time, render, take_or_pass
from scheduling.domain.offering import ANSWER_WITHIN
from scheduling.models import Offer


@transaction.atomic
def tell_of_offer(offer: Offer, *, now: datetime) -> bool:
    """Whether she is told. Where she isn't, the ledger says why. What hasn't left when the offer ends is worthless."""
    entry = offer.entry
    patient, location = entry.patient, entry.location
    hold(patient)
    language = patient.language
    values = values_of(location, language) | day_and_time(offer.opening.during.lower, location.zone, language)
    values["minutes"] = str(round(ANSWER_WITHIN.total_seconds() / 60))
    if entry.appointment:
        values["own_day"] = day_and_time(entry.appointment.starts_at, entry.appointment.zone, language)["day"]
    number = address_of(patient, "sms")
    is_asked = check_in_of(list(patients_at("sms", number)), number, now) is not None
    values |= take_or_pass(language, in_words=is_asked)  # or nobody could tell what a number answers
    letter = render(OFFER_INSTEAD if entry.appointment else OFFER, language, values)
    telling = Telling(_key_of(offer), Kind.OFFER, "sms", now, offer.answer_by, letter, only_this_way=True)
    return any(line.draft for line in tell(patient, [telling], appointment=None, now=now))


def line_of_offer(offer: Offer) -> CareMessage | None:
    return CareMessage.objects.filter(patient=offer.entry.patient, kind=Kind.OFFER.value, key=_key_of(offer)).first()


def _key_of(offer: Offer) -> str:
    return f"offer-{offer.pk}"
