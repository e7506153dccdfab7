"""What a patient has agreed to, with its evidence: which wording, which address, when, by whom, how often we said that we would write."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Q, QuerySet

from aftercare.domain.consent import CURRENT, Purpose
from aftercare.domain.reasons import NO_ADDRESS, NO_CONSENT, SAID_STOP
from aftercare.models import Consent
from notifications.models import Suppression, address_hash
from scheduling.errors import PatientErased
from scheduling.models import Patient

# What decides where she is told, in which words and when.
TELLING = ("phone", "email", "language", "time_zone", "wants_quiet_nights")


def address_of(patient: Patient, channel: str) -> str:
    """Where the channel reaches her, "" where it doesn't. Numbers in E.164."""
    return patient.email if channel == "email" else str(patient.phone.as_e164 if patient.phone else "")


def patients_at(channel: str, address: str) -> QuerySet[Patient]:
    """Everybody whom the address reaches: a family may share one number."""
    at_it = Q(email__iexact=address) if channel == "email" else Q(phone=address)
    return Patient.objects.filter(at_it).order_by("pk")


def latest_consents(patient: Patient) -> dict[tuple[str, str], Consent]:
    """(purpose, channel) → her latest word on it, granted or withdrawn."""
    latest = Consent.objects.filter(patient=patient).order_by("purpose", "channel", "-given_at", "-pk").distinct("purpose", "channel")
    return {(consent.purpose, consent.channel): consent for consent in latest}


def agreements(patient: Patient) -> dict[tuple[str, str], Consent]:
    """Those that are in effect: granted, and for the address that she has now."""
    return {
        about: consent
        for about, consent in latest_consents(patient).items()
        if consent.is_granted and consent.address and consent.address == address_of(patient, consent.channel)
    }


def reaching(patient: Patient, purpose: str) -> dict[str, Consent]:
    """Channel → the agreement under which a message about `purpose` may go there now. An address that said stop isn't among them."""
    agreed = {channel: consent for (about, channel), consent in agreements(patient).items() if about == purpose}
    if not agreed:
        return {}
    said_stop = Suppression.objects.filter(_any_of(agreed)).values_list("channel", flat=True)
    return {channel: consent for channel, consent in agreed.items() if channel not in set(said_stop)}


def reachable_by(patient: Patient, purpose: str) -> dict[str, str]:
    """Channel → address, for each channel that she agreed to for `purpose`, at the address that she has now."""
    return {channel: consent.address for channel, consent in reaching(patient, purpose).items()}


def why_unreachable(patient: Patient) -> str:
    """Why nothing about her care can go to her now; "" where something can."""
    if reaching(patient, Purpose.CARE):
        return ""
    if not any(address_of(patient, channel) for channel in ("sms", "email")):
        return NO_ADDRESS
    return SAID_STOP if any(about == Purpose.CARE for about, _ in agreements(patient)) else NO_CONSENT


def hold(patient: Patient) -> None:
    """Until the transaction ends she is not changed and nothing that she agreed to is withdrawn: who wants that waits, and then takes back
    what is queued here. Others who tell her something don't wait. Before any of her messages is locked, or two wait for each other.

    `patient` was read before, so from now on it is as she is: a text in yesterday's language, or to a number that is hers no more, is none.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(TELLING)} FROM scheduling_patient WHERE id = %s FOR SHARE", [patient.pk])  # nosec B608 # our own names
        for name, value in zip(TELLING, cursor.fetchone() or (), strict=False):
            setattr(patient, name, value)


def hold_alone(patient_pk: int) -> Patient:
    """Nobody tells her anything meanwhile, nor changes her: she is as she is now. Requires a transaction; before any of her messages is
    locked.

    Raises PatientErased where she left no row.
    """
    held = Patient.objects.select_for_update(no_key=True).filter(pk=patient_pk).first()
    if held is None:
        raise PatientErased
    return held


def hold_all_at(channel: str, address: str) -> list[Patient]:
    """As `hold_alone`, everybody whom the address reaches by now: whoever was just given another one isn't among them."""
    return list(patients_at(channel, address).select_for_update(no_key=True))


def has_said_stop(channel: str, address: str) -> bool:
    return said_stop_at(channel, address) is not None


def said_stop_at(channel: str, address: str) -> datetime | None:
    """Since when nothing may go there; None where it may."""
    return Suppression.objects.filter(channel=channel, address_hash=address_hash(address)).values_list("created_at", flat=True).first()


def write(
    patient: Patient,
    purpose: str,
    channel: str,
    *,
    is_granted: bool,
    address: str,
    source: str,
    by: User | None,
    now: datetime,
    wording_version: str = CURRENT,
    most_per_day: int = 0,
) -> Consent:
    return Consent.objects.create(
        patient=patient,
        purpose=purpose,
        channel=channel,
        address=address,
        is_granted=is_granted,
        wording_version=wording_version,
        most_per_day=most_per_day,
        source=source,
        actor=by,
        given_at=now,
    )


def _any_of(agreed: dict[str, Consent]) -> Q:
    wanted = Q(pk=None)
    for channel, consent in agreed.items():
        wanted |= Q(channel=channel, address_hash=address_hash(consent.address))
    return wanted
