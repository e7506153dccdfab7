"""The early wake-up: a time that became free is offered at once instead of with beat's next tick. And who is due when follows at once."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from scheduling import services
from scheduling.models import Patient, Treatment
from scheduling.signals import cadence_changed, openings_due, patient_changed
from scheduling.tasks import wake


@receiver(openings_due)
def wake_after_commit(**kwargs: Any) -> None:
    transaction.on_commit(wake, robust=True)


@receiver(cadence_changed)
def due_at_other_times(treatment: Treatment, **kwargs: Any) -> None:
    services.refresh_patients_of(treatment)


@receiver(patient_changed)
def sorted_by_another_name(patient: Patient, previous: Patient, **kwargs: Any) -> None:
    if (patient.first_name, patient.last_name) != (previous.first_name, previous.last_name):
        services.refresh([patient.pk])
