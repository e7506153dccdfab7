"""A patient's address, language, time zone or nights changed, and what is queued follows her."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftercare.services.changes.agreeing import void
from aftercare.services.changes.renewing import plan_anew
from aftercare.services.telling.consent import address_of
from scheduling.models import Patient

PLANNED_ANEW = "planned anew, with {what}"
DECIDE_WORDS_AND_TIMES = {
    "language": "another language",
    "time_zone": "another time zone",
    "wants_quiet_nights": "other wishes for the nights",
}


@transaction.atomic
def follow(patient: Patient, previous: Patient, *, by: User | None = None, now: datetime) -> None:
    """`previous` is the patient as she was. Consent was for the old address, and nothing that is queued goes there."""
    changed = [what for name, what in DECIDE_WORDS_AND_TIMES.items() if getattr(patient, name) != getattr(previous, name)]
    if changed:
        plan_anew(patient, reason=PLANNED_ANEW.format(what=" and ".join(changed)), now=now)
    for channel in ("sms", "email"):
        if address_of(patient, channel) != address_of(previous, channel):
            void(patient, channel, address_of(previous, channel), by=by, now=now)
