"""Consent, with its evidence: which wording, which address, when, by whom, how often we said that we would write."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from aftercare.models import Consent
from aftercare.services.taking_back import take_back
from scheduling.models import Patient

WORDING_VERSION = "2026-11"
MOST_PER_DAY = 12  # the first 24 hours: 8 doses, the day's advice, a confirmation and two reminders


def address_of(patient: Patient, channel: str) -> str:
    """Where the channel reaches her, "" where it doesn't. Numbers in E.164."""
    return patient.email if channel == "email" else str(patient.phone.as_e164 if patient.phone else "")


@transaction.atomic
def give_consent(
    patient: Patient,
    purpose: str,
    channel: str,
    *,
    source: str,
    by: User | None = None,
    wording_version: str = WORDING_VERSION,
    most_per_day: int = MOST_PER_DAY,
    now: datetime | None = None,
) -> Consent:
    """`purpose` is care or recall, `channel` sms or email. It holds for the address of today: another one needs another consent."""
    return _write(patient, purpose, channel, True, source, by, wording_version, most_per_day, now)


@transaction.atomic
def withdraw_consent(
    patient: Patient, purpose: str, channel: str, *, source: str, by: User | None = None, now: datetime | None = None
) -> Consent:
    """What is queued over that channel is taken back. The same when an address changes: consent was for the old one."""
    take_back(reason="consent was withdrawn", patient=patient, channel=channel)
    return _write(patient, purpose, channel, False, source, by, WORDING_VERSION, 0, now)


def _write(
    patient: Patient,
    purpose: str,
    channel: str,
    is_granted: bool,
    source: str,
    by: User | None,
    wording_version: str,
    most_per_day: int,
    now: datetime | None,
) -> Consent:
    return Consent.objects.create(
        patient=patient,
        purpose=purpose,
        channel=channel,
        address=address_of(patient, channel),
        is_granted=is_granted,
        wording_version=wording_version,
        most_per_day=most_per_day,
        source=source,
        actor=by,
        given_at=now or timezone.now(),
    )


def reachable_by(patient: Patient, purpose: str) -> dict[str, str]:
    """Channel → address, for each channel whose latest consent was granted for the address that she has now."""
    latest = Consent.objects.filter(patient=patient, purpose=purpose).order_by("channel", "-given_at", "-pk").distinct("channel")
    return {
        consent.channel: consent.address
        for consent in latest
        if consent.is_granted and consent.address and consent.address == address_of(patient, consent.channel)
    }
