"""By which channels a recall can go to her: the report asks it of everybody at once, so scheduling keeps it, told of each change."""

from collections.abc import Iterable, Iterator

from aftercare.domain.consent import Purpose
from aftercare.services.telling.consent import reaching
from scheduling import services as scheduling
from scheduling.models import Patient

ORDER = ("sms", "email")


def reached_by(patient: Patient) -> str:
    """Consent for recalls, at the address that she has now, that hasn't said stop."""
    return ",".join(channel for channel in ORDER if channel in reaching(patient, Purpose.RECALL))


def renew_reach(patients: Iterable[Patient]) -> None:
    """In the transaction that changed what they agreed to, or where they are reached."""
    scheduling.note_reach({patient.pk: reached_by(patient) for patient in patients})


def unnoted_reach() -> Iterator[scheduling.Difference]:
    """Where what scheduling keeps isn't so. Nothing is changed."""
    for patient in Patient.objects.order_by("pk").iterator():
        if (is_now := reached_by(patient)) != patient.reached_by:
            yield scheduling.Difference(patient.pk, f"recalls reach her by “{patient.reached_by}”, should be “{is_now}”")
