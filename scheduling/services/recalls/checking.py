"""Whether what is stored is what follows from the appointments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduling.domain.lots import AT_ONCE, in_lots
from scheduling.models import Patient, Recall, Standing
from scheduling.services.recalls.deriving import derive


@dataclass(frozen=True, slots=True)
class Difference:
    """Safe to log: numbers and dates, no name."""

    patient_id: int
    what: str

    def __str__(self) -> str:
        return f"Patient {self.patient_id}: {self.what}"


def differences() -> Iterator[Difference]:
    """All there are, worked out for every patient from the appointments alone. Nothing is changed."""
    for lot in in_lots(Patient.objects.order_by("pk").iterator(chunk_size=AT_ONCE)):
        yield from _of(lot)


def _of(patients: Sequence[Patient]) -> Iterator[Difference]:
    pks = [patient.pk for patient in patients]
    recalls: dict[int, dict[int, Recall]] = {pk: {} for pk in pks}
    standings: dict[int, list[Standing]] = {pk: [] for pk in pks}
    for recall in Recall.objects.filter(patient__in=pks):
        recalls[recall.patient_id][recall.last_session_id] = recall
    for standing in Standing.objects.filter(patient__in=pks).order_by("stands_from"):
        standings[standing.patient_id].append(standing)
    for one in derive(patients):
        stored = recalls[one.patient_id]
        wanted = {recall.last_session_id: recall for recall in one.recalls}
        for session in sorted(stored.keys() | wanted.keys()):
            if (was := _told(stored.get(session), RECALL)) != (is_now := _told(wanted.get(session), RECALL)):
                yield Difference(one.patient_id, f"recall after session {session} is {was}, should be {is_now}")
        for session, standing in one.standings:
            standing.recall_id = stored[session].pk if session in stored else 0
        there, right = ([_told(each, STANDING) for each in rows] for rows in (standings[one.patient_id], [s for _, s in one.standings]))
        if there != right:
            yield Difference(one.patient_id, f"stands at {there or 'nothing'}, should be {right or 'nothing'}")


RECALL = ("kind", "last_session_on", "due_on", "came_back_on", "course_id", "treatment_id", "location_id", "practitioner_id")
STANDING = tuple(field.attname for field in Standing._meta.concrete_fields if field.attname != "patient_id")


def _told(row: Recall | Standing | None, fields: Sequence[str]) -> str:
    return ", ".join(f"{name} {getattr(row, name)}" for name in fields) if row else "missing"
