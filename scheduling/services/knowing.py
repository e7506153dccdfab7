"""Whether a patient is known still, for whoever is about to write something of hers."""

from django.db import connection

from scheduling.errors import PatientErased
from scheduling.models import Patient


def require_known(patient: Patient) -> None:
    """Until the transaction ends she isn't erased: who wants that waits, and finds what is written here. Nobody else does.

    Requires a transaction. Raises PatientErased.
    """
    if hold_known([patient.pk]) != [patient.pk]:
        raise PatientErased


def hold_known(pks: list[int]) -> list[int]:
    """Those of them who weren't erased, held as in `require_known`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, erased_at FROM scheduling_patient WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE", [pks])
        return [pk for pk, erased_at in cursor.fetchall() if erased_at is None]
