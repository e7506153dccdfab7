"""What the desk books while the patient is in front of it, or on the phone."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.models import User
from django.utils import timezone

from scheduling.models import Appointment, Patient, Practitioner, Room, Treatment
from scheduling.services.booking import book
from scheduling.services.courses import open_course
from scheduling.services.saving import retried


def book_at_desk(
    *,
    patient: Patient,
    treatment: Treatment,
    practitioner: Practitioner,
    room: Room,
    starts_at: datetime,
    wants_quiet_nights: bool | None = None,
    welcome: Callable[[Patient], None] | None = None,
    by: User | None = None,
    now: datetime | None = None,
) -> Appointment:
    """Book, and keep what was said about the patient meanwhile: all of it, or, where the booking is refused, nothing.

    A patient who isn't saved yet is added, and `welcome` is called with her before she is told of her session. `wants_quiet_nights` is None
    where she wasn't asked. Raises what `book` raises.
    """
    now = now or timezone.now()
    is_new = patient.pk is None

    def work() -> Appointment:
        if is_new:
            patient.pk, patient._state.adding = None, True  # a try that was rolled back had saved her
            patient.save()
            if welcome:
                welcome(patient)
        elif wants_quiet_nights is not None and wants_quiet_nights != patient.wants_quiet_nights:
            open_course(patient, treatment, now)  # locked before the patient, as every booking does, or two would wait for each other
            her = Patient.objects.get(pk=patient.pk)
            her.wants_quiet_nights, her.changed_by = wants_quiet_nights, by
            her.save(update_fields=["wants_quiet_nights"])
        return book(patient=patient, treatment=treatment, practitioner=practitioner, room=room, starts_at=starts_at, by=by, now=now)

    return retried(work)
