"""The link in an email that ends emails like it. Whoever has the email may follow it, and so it does and shows nothing else."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from aftercare.domain.consent import Purpose
from aftercare.services.telling.consent import agreements
from notifications.models import address_hash
from scheduling.models import Patient

SIGNER = Signer(salt="aftercare.ending", sep=".")
FOR_NOBODY = "preview"
OF_THE_HASH = 12  # characters of it: the address itself stays out of the link


@dataclass(frozen=True, slots=True)
class Ending:
    """What a link ends: emails to that patient about that purpose."""

    patient: Patient
    purpose: Purpose
    address: str  # the beginning of its hash

    @property
    def is_done(self) -> bool:
        """Whether none go there any more, for whatever reason: she ended them, or has another address by now."""
        agreed = agreements(self.patient).get((self.purpose, "email"))
        return agreed is None or _hashed(agreed.address) != self.address


def link_to_end(patient: Patient, purpose: Purpose = Purpose.CARE) -> str:
    """ "" where she has no email address. In a preview, which is about nobody, it ends nothing."""
    if patient.pk and not patient.email:
        return ""
    token = SIGNER.sign(f"{patient.pk}-{purpose}-{_hashed(patient.email)}") if patient.pk else FOR_NOBODY
    return settings.PUBLIC_BASE_URL + reverse("end_emails", args=[token])


def ending_of(token: str) -> Ending | None:
    """None where we never made that link, or the patient is gone. It holds for good: an email may be opened years later."""
    try:
        number, purpose, address = SIGNER.unsign(token).split("-")
    except BadSignature:
        return None
    patient = Patient.objects.filter(pk=number).first()
    return Ending(patient, Purpose(purpose), address) if patient else None


def _hashed(address: str) -> str:
    return address_hash(address)[:OF_THE_HASH]
