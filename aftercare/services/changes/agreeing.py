"""A patient agrees to messages, takes that back, or says STOP and START by text: a row of evidence, and what is queued follows."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftercare.domain.consent import CURRENT, Purpose, kinds_of, wording_of
from aftercare.models import Consent
from aftercare.services.changes.retelling import tell_after_all, tell_otherwise
from aftercare.services.recalls.stopping import stop_recalls
from aftercare.services.telling.consent import address_of, agreements, hold_all_at, hold_alone, latest_consents, write
from aftercare.services.telling.ending import Ending
from aftercare.services.telling.reach import renew_reach
from notifications.domain.states import MessageStatus
from scheduling.errors import PatientErased
from scheduling.models import Patient
from scheduling.services import all_or_nothing

OPTED_OUT = {"sms": "STOP by text", "email": "unsubscribed by email"}
ADDRESS_CHANGED = "the address changed"
OPTED_IN = {"sms": "START by text", "email": "subscribed by email"}
AGREED = "the patient agreed"
BY_LINK = "the link in an email"


@all_or_nothing
def give_consent(
    patient: Patient,
    purpose: str,
    channel: str,
    *,
    source: str,
    by: User | None = None,
    wording_version: str = CURRENT,
    most_per_day: int | None = None,
    now: datetime | None = None,
) -> Consent:
    """`purpose` is care or recall, `channel` sms or email. It holds for the address of today: another one needs another consent.

    What is still to come, and wasn't planned for want of it, is planned now. Raises PatientErased, and ValueError for a wording that isn't
    kept.

    Begun anew where it and a STOP wait for each other, as `withdraw_consent`.
    """
    wording = wording_of(wording_version, purpose, channel)
    if wording is None:
        raise ValueError(f"nobody can agree to “{wording_version}”: its words aren't kept")
    now = now or timezone.now()
    held = hold_alone(patient.pk)
    if held.erased_at:
        raise PatientErased
    consent = write(
        patient,
        purpose,
        channel,
        is_granted=True,
        address=address_of(patient, channel),
        source=source,
        by=by,
        now=now,
        wording_version=wording_version,
        most_per_day=wording.most_per_day if most_per_day is None else most_per_day,
    )
    renew_reach([held])
    if purpose == Purpose.CARE:
        tell_after_all(held, reason=source if source in OPTED_IN.values() else AGREED, now=now)
    return consent


@all_or_nothing
def withdraw_consent(
    patient: Patient, purpose: str, channel: str, *, source: str, by: User | None = None, now: datetime | None = None
) -> Consent:
    """What is queued over that channel for this purpose is taken back, and goes over the other one where she agreed to that.

    Begun anew where it and a STOP wait for each other: whoever hears that has locked one of her messages already, and wants the others.
    """
    now = now or timezone.now()
    hold_alone(patient.pk)
    held = latest_consents(patient).get((purpose, channel))
    consent = _withdraw(patient, purpose, channel, held, source, by, now)
    renew_reach([patient])
    if purpose == Purpose.RECALL:
        stop_recalls([patient.pk], reason="consent was withdrawn", now=now)
    tell_otherwise(reason="consent was withdrawn", now=now, patient=patient, channel=channel, kind__in=kinds_of(Purpose(purpose)))
    return consent


@all_or_nothing
def end_emails(ending: Ending, *, now: datetime) -> None:
    """She followed the link in an email. Done already, or of an address that isn't hers any more, it does nothing.

    Begun anew as a whole: it holds her before `withdraw_consent` does, and a savepoint wouldn't let go of her.
    """
    try:
        hold_alone(ending.patient.pk)
    except PatientErased:
        return  # nothing goes to her any more
    if not ending.is_done:
        withdraw_consent(ending.patient, ending.purpose, "email", source=BY_LINK, now=now)


@all_or_nothing
def void(patient: Patient, channel: str, address: str, *, by: User | None = None, now: datetime) -> None:
    """That address isn't hers any more: what she agreed to for it ends, and what is queued goes over the other channel, if she may."""
    for (purpose, over), last in latest_consents(patient).items():
        if over == channel and last.is_granted and last.address == address:
            _withdraw(patient, purpose, channel, last, ADDRESS_CHANGED, by, now)
    renew_reach([patient])
    tell_otherwise(reason=ADDRESS_CHANGED, now=now, patient=patient, channel=channel, message__address=address)


@transaction.atomic
def opt_out(channel: str, address: str, *, now: datetime) -> None:
    """The address said stop: everybody's consent for it ends, and nothing that is queued goes there.

    Whoever records a batch has locked messages already, and locks the patients after them, the other way round than everybody else: where
    two wait for each other, whichever is ended begins anew. What is told in this very moment meets the claim, which sends nothing to an
    address that said stop.
    """
    source, patients = OPTED_OUT[channel], hold_all_at(channel, address)
    for patient in patients:
        for (purpose, over), held in agreements(patient).items():
            if over == channel:
                _withdraw(patient, purpose, channel, held, source, None, now)
    renew_reach(patients)
    stop_recalls([patient.pk for patient in patients], reason=source, now=now)
    tell_otherwise(reason=source, now=now, also=[MessageStatus.SUPPRESSED], patient__in=patients, channel=channel)


@transaction.atomic
def opt_in(channel: str, address: str, *, now: datetime) -> None:
    """The address wants messages again: what its STOP took is given back, in the same words; what the desk took isn't.

    Who agreed anew at the desk meanwhile was only waiting for this.
    """
    for patient in hold_all_at(channel, address):
        for (purpose, over), last in latest_consents(patient).items():
            if over != channel or last.source != OPTED_OUT[channel] or last.address != address_of(patient, channel):
                continue
            before = Consent.objects.filter(patient=patient, purpose=purpose, channel=channel, is_granted=True, address=last.address)
            held = before.filter(given_at__lte=last.given_at).latest("given_at", "pk")
            give_consent(
                patient,
                purpose,
                channel,
                source=OPTED_IN[channel],
                wording_version=held.wording_version,
                most_per_day=held.most_per_day,
                now=now,
            )
        renew_reach([patient])
        if (Purpose.CARE, channel) in agreements(patient):
            tell_after_all(patient, reason=OPTED_IN[channel], now=now)


def start_is_enough(patient: Patient) -> bool:
    """Whether texts about her care begin again with a START from her number, as it takes back no more than her STOP did."""
    last = latest_consents(patient).get((Purpose.CARE.value, "sms"))
    return last is not None and last.address == address_of(patient, "sms") and (last.is_granted or last.source == OPTED_OUT["sms"])


def _withdraw(patient: Patient, purpose: str, channel: str, held: Consent | None, source: str, by: User | None, now: datetime) -> Consent:
    """The row names the address that consent was given for, which needn't be hers any more."""
    address = held.address if held else address_of(patient, channel)
    version = held.wording_version if held else CURRENT
    return write(patient, purpose, channel, is_granted=False, address=address, source=source, by=by, now=now, wording_version=version)
