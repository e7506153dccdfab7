"""A patient's address, language, time zone or nights changed, and what is queued follows her."""

from datetime import datetime

from django.db import transaction

from aftercare.services.agreeing import void
from aftercare.services.consent import address_of
from aftercare.services.retelling import plan_anew
from scheduling.models import Patient

PLANNED_ANEW = "planned anew: language, time zone or quiet nights changed"
DECIDE_WORDS_AND_TIMES = ("language", "time_zone", "wants_quiet_nights")


@transaction.atomic
def follow(patient: Patient, previous: Patient, *, now: datetime) -> None:
    """`previous` is the patient as she was. Consent was for the old address, and nothing that is queued goes there."""
    if any(getattr(patient, name) != getattr(previous, name) for name in DECIDE_WORDS_AND_TIMES):
        plan_anew(patient, reason=PLANNED_ANEW, now=now)
    for channel in ("sms", "email"):
        if address_of(patient, channel) != address_of(previous, channel):
            void(patient, channel, address_of(previous, channel), now=now)
