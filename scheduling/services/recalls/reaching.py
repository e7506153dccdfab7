"""By which channels a recall can go to a patient. Who agreed to what is another app's to know: it says so here."""

from collections.abc import Mapping

from django.db import transaction

from scheduling.models import Patient
from scheduling.services.recalls.refreshing import refresh


@transaction.atomic
def note_reach(reached_by: Mapping[int, str]) -> None:
    """Patient's number → "", "sms", "email" or "sms,email". In the transaction that changes what she agreed to, or her address."""
    stored = dict(Patient.objects.select_for_update(no_key=True).filter(pk__in=reached_by).order_by("pk").values_list("pk", "reached_by"))
    changed = [pk for pk, was in stored.items() if was != reached_by[pk]]
    for channels in {reached_by[pk] for pk in changed}:
        Patient.objects.filter(pk__in=[pk for pk in changed if reached_by[pk] == channels]).update(reached_by=channels)
    refresh(changed)
