"""While an urgent concern is open, what is routine for that patient waits in the outbox: her plan, and recalls."""

from datetime import datetime

from aftercare.domain.protocol import Kind
from notifications import services as notifications
from scheduling.models import Patient

WHY = "an urgent concern is open"


def routine_key(patient: Patient) -> str:
    return f"routine-of-patient-{patient.pk}"


def is_routine(kind: Kind, *, is_of_plan: bool) -> bool:
    """News of her appointments, reminders of them, offers and answers aren't: she needs them at their time."""
    return is_of_plan or kind is Kind.RECALL


def pause_routine(patient: Patient, *, now: datetime) -> None:
    """What is planned from now on waits, too. Requires the concern's lock."""
    notifications.pause(routine_key(patient), reason=WHY, now=now)


def resume_routine(patient: Patient, *, now: datetime) -> None:
    """Requires the concern's lock."""
    notifications.resume(routine_key(patient), now=now)
