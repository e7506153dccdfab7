"""By which channels a recall can go to a patient. Who agreed to what is another app's to know: it says so here."""

from collections.abc import Mapping

from django.db import transaction

from scheduling.models import Patient
from scheduling.services.recalls.refreshing import locked_patients, refresh


@transaction.atomic
def note_reach(reached_by: Mapping[int, str]) -> None:
    """Patient's number → "", "sms", "email" or "sms,email". In the transaction that changes what she agreed to, or her address."""
    changed = [patient.pk for patient in locked_patients(reached_by) if patient.reached_by != reached_by[patient.pk]]
    for channels in {reached_by[pk] for pk in changed}:
        Patient.objects.filter(pk__in=[pk for pk in changed if reached_by[pk] == channels]).update(reached_by=channels)
    refresh(changed)
