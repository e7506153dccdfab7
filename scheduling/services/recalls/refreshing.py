"""Recalls and standings follow from the appointments in the transaction that changes those, never by hand."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from scheduling.domain.lots import AT_ONCE, in_lots
from scheduling.models import Course, Patient, Recall, Standing, Treatment
from scheduling.services.recalls.deriving import Derived, derive
from scheduling.services.saving import all_or_nothing

RECALL_FIELDS = [field.name for field in Recall._meta.concrete_fields if not field.primary_key and field.name != "last_session"]


@transaction.atomic
def refresh(patients: Iterable[int]) -> None:
    """Work out anew when these patients, by their numbers, are due again, and where they stand (F19, F20).

    They are locked, in order, so that two who change different sessions of one patient both see what the other did. Call it before the
    signal that says what happened: its receivers lock the patient, too, and less strictly.
    """
    if wanted := locked_patients(set(patients)):
        _write(list(derive(wanted)))


@all_or_nothing
def refresh_patients_of(treatment: Treatment) -> None:
    """All who have had one, or may be having their first just now, with the cadence that it has by now.

    Begun anew where it meets somebody who holds several of them in another order: of a batch in which two have said stop, both.
    """
    theirs = Course.objects.filter(treatment=treatment).order_by("patient_id").values_list("patient_id", flat=True)
    refresh_all(theirs.distinct().iterator())


def refresh_all(patients: Iterable[int]) -> None:
    """As `refresh`, for any number of them, so many at once that memory stays small. Each lot is a transaction of its own, or a
    savepoint of the caller's."""
    for lot in in_lots(patients):
        refresh(lot)


def hold(patients: Iterable[int]) -> None:
    """Nobody else changes anything of these patients before the transaction ends, as `refresh` requires it.

    Before a session of theirs is saved, too: that keeps others of its practitioner's day waiting, and must not wait for her meanwhile.
    """
    locked_patients(set(patients))


def locked_patients(pks: Collection[int]) -> list[Patient]:
    return list(Patient.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk"))


def _write(derived: Sequence[Derived]) -> None:
    pks = [one.patient_id for one in derived]
    recalls = {recall.last_session_id: recall for one in derived for recall in one.recalls}
    stored = {recall.last_session_id: recall for recall in Recall.objects.filter(patient__in=pks)}
    # A session that is no longer fulfilled asks nobody back.
    gone = [recall.pk for session, recall in stored.items() if session not in recalls]
    if gone:
        Recall.objects.filter(pk__in=gone).delete()
    # In the order of the sessions: the one that closes goes before the one that opens.
    changed = [recall for session, recall in recalls.items() if session not in stored or not _same(stored[session], recall)]
    if changed:
        Recall.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["last_session"], update_fields=RECALL_FIELDS, batch_size=AT_ONCE
        )
    numbers = {session: recall.pk for session, recall in stored.items()}
    numbers |= dict(Recall.objects.filter(last_session__in=[r.last_session_id for r in changed]).values_list("last_session_id", "pk"))
    _write_standings(pks, derived, numbers)


def _write_standings(pks: Sequence[int], derived: Sequence[Derived], numbers: dict[int, int]) -> None:
    wanted = []
    for one in derived:
        for session, standing in one.standings:
            standing.recall_id = numbers[session]
            wanted.append(standing)
    stored = {standing.pk: standing for standing in Standing.objects.filter(patient__in=pks)}
    if len(stored) == len(wanted) and all(one.pk in stored and _same(stored[one.pk], one) for one in wanted):
        return
    if stored:
        Standing.objects.filter(patient__in=pks).delete()
    Standing.objects.bulk_create(wanted, batch_size=AT_ONCE)


def _same(stored: Recall | Standing, wanted: Recall | Standing) -> bool:
    fields = [field.attname for field in type(stored)._meta.concrete_fields if field.attname != "id"]
    return all(getattr(stored, name) == getattr(wanted, name) for name in fields)
