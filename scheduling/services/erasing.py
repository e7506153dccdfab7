"""A patient is erased: who she was goes, that sessions took place, when, with whom and for how much stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Case, CharField, F, Model, Value, When
from django.db.models.functions import Cast, Concat

from scheduling.domain.outcomes import Way
from scheduling.models import Appointment, Course, Offer, Patient, RecallAction, WaitlistEntry
from scheduling.services.recalls import refresh
from scheduling.services.saving import locked_all
from scheduling.services.status import cancel
from scheduling.services.waiting import withdraw

WHY = "the patient was erased"
NOBODYS_BIRTH_DATE = date(1900, 1, 1)  # the column takes no null, and every form asks for one: shown of nobody who was erased

# Model → field → what stands there afterwards, on a patient's rows. What isn't named here stays as it is.
BLANKS: dict[type[Model], dict[str, Any]] = {
    Patient: {
        "first_name": "Erased",
        "last_name": Concat(Value("patient "), Cast("pk", CharField())),
        "birth_date": NOBODYS_BIRTH_DATE,
        "phone": "",
        "email": "",
        "time_zone": settings.TIME_ZONE,
        "language": "en",
        "wants_quiet_nights": False,
        "hyperpigmentation_risk": False,
        "active_products": "",
        "notes": "",
    },
    Appointment: {"status_reason": ""},
    # Why she declined may be in words of her own. Why a message didn't go is in ours.
    RecallAction: {"note": "", "reason": Case(When(way=Way.CALL.value, then=Value("erased")), default=F("reason"))},
}


@contextmanager
def as_eraser() -> Iterator[None]:
    """Within it PostgreSQL lets go of rows that are append-only. Requires a transaction, and ends with it; one may be in another."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('afterglow.erasing', true), ''), set_config('afterglow.erasing', 'on', true)")
        before, _ = cursor.fetchone()
        yield
        cursor.execute("SELECT set_config('afterglow.erasing', %s, true)", [before])


def hold_to_erase(pk: int) -> Patient:
    """She as she is, held so that nobody writes anything new of hers until the transaction ends: her sessions first, as everywhere.

    Raises Patient.DoesNotExist.
    """
    locked_all(Appointment.objects.filter(patient=pk).coming())
    return Patient.objects.select_for_update().get(pk=pk)


def was_ever_booked(patient: Patient) -> bool:
    return Appointment.objects.filter(patient=patient).exists()


def call_off(patient: Patient, *, by: User | None, now: datetime) -> None:
    """Nothing of hers is to come any more: neither sessions nor times that she waits for. Requires `hold_to_erase`."""
    for appointment in Appointment.objects.filter(patient=patient).coming().order_by("pk"):
        cancel(appointment, reason=WHY, by=by, now=now)
    for entry in WaitlistEntry.objects.filter(patient=patient, status=WaitlistEntry.Status.WAITING).order_by("pk"):
        withdraw(entry, now=now)


def erase(patient: Patient, *, now: datetime) -> None:
    """She is a number from here on. Requires `hold_to_erase`, and that nothing is to come."""
    Appointment.objects.filter(patient=patient).exclude(status_reason=WHY).update(**BLANKS[Appointment])
    RecallAction.objects.filter(patient=patient).update(**BLANKS[RecallAction])
    Patient.objects.filter(pk=patient.pk).update(**BLANKS[Patient], erased_at=now)
    refresh([patient.pk])


def delete(patient: Patient) -> None:
    """Whoever never had an appointment leaves nothing behind. Requires `hold_to_erase`, and that no other app holds anything of hers."""
    Offer.objects.filter(entry__patient=patient).delete()
    WaitlistEntry.objects.filter(patient=patient).delete()
    Course.objects.filter(patient=patient).delete()
    Patient.objects.filter(pk=patient.pk).delete()
