"""All that is held of a patient is handed out: whoever wants to know who did that can."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftercare.signals import patient_exported
from scheduling.models import Patient


@transaction.atomic
def note_export(patient: Patient, *, by: User, now: datetime) -> None:
    """Before anything of it leaves the house."""
    patient_exported.send(Patient, patient=patient, by=by, now=now)
