"""What follows for many patients at once from their appointments, their courses and what was done about their recalls. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.db.models import DateField, F, Func

from scheduling.domain.outcomes import Deeds
from scheduling.domain.recalls import Cadence, Claim, CourseFacts, DueAgain, Session, recalls_of, spans_of
from scheduling.domain.states import COMING, Status
from scheduling.fields import plain
from scheduling.models import Appointment, Patient, Recall, RecallAction, Standing

LOCAL_DAY = Func(F("recovery"), function="lower", output_field=DateField())


@dataclass(slots=True)
class Derived:
    """One patient's rows as they should be; unsaved. A standing's recall is named by the session that it hangs on."""

    patient_id: int
    recalls: list[Recall] = field(default_factory=list)
    standings: list[tuple[int, Standing]] = field(default_factory=list)


def derive(patients: Collection[Patient]) -> Iterator[Derived]:
    """For each of them, in the order given. A few queries, however many they are."""
    pks = [patient.pk for patient in patients]
    visits = _by_patient(_visits(pks))
    deeds = _deeds(pks)
    for patient in patients:
        yield _derived(patient, visits.get(patient.pk, []), deeds)


@dataclass(frozen=True, slots=True)
class _Visit:
    id: int
    patient_id: int
    course_id: int
    treatment_id: int
    status: str
    day: date
    location_id: int
    practitioner_id: int
    planned_sessions: int
    ended_at: datetime | None
    recommended_within_days: int
    maintenance_months: int


def _visits(pks: Sequence[int]) -> Iterable[_Visit]:
    rows = (
        Appointment.objects.filter(patient__in=pks, status__in=[Status.FULFILLED, *COMING])
        .order_by("patient_id", "during", "pk")
        .values_list(
            "pk",
            "patient_id",
            "course_id",
            "course__treatment_id",
            "status",
            LOCAL_DAY,
            "location_id",
            "practitioner_id",
            "course__planned_sessions",
            "course__ended_at",
            "course__treatment__recommended_within_days",
            "course__treatment__maintenance_months",
        )
    )
    return (_Visit(*row) for row in rows)


def _by_patient(visits: Iterable[_Visit]) -> dict[int, list[_Visit]]:
    return {patient: list(own) for patient, own in groupby(visits, key=lambda visit: visit.patient_id)}


def _deeds(pks: Sequence[int]) -> defaultdict[int, Deeds]:
    """By the session that they hang on."""
    found: defaultdict[int, Deeds] = defaultdict(Deeds)
    actions = RecallAction.objects.in_effect().filter(patient__in=pks).order_by("at", "pk")
    for session, outcome, hidden_until in actions.values_list("session_id", "outcome", "hidden_until"):
        found[session].add(outcome, hidden_until)
    return found


def _derived(patient: Patient, visits: Sequence[_Visit], deeds: defaultdict[int, Deeds]) -> Derived:
    derived = Derived(patient.pk)
    of = {visit.id: visit for visit in visits}
    due = recalls_of(
        (Session(visit.id, visit.course_id, visit.treatment_id, visit.day) for visit in visits if visit.status == Status.FULFILLED),
        {visit.course_id: CourseFacts(visit.planned_sessions, visit.ended_at is not None) for visit in visits},
        {visit.treatment_id: Cadence(visit.recommended_within_days, visit.maintenance_months) for visit in visits},
    )
    derived.recalls = [_recall(one, of[one.session.id]) for one in due]
    if patient.erased_at:
        return derived  # when she was due, and whether she came, stays in the months' numbers; nobody asks her back
    claims = [_claim(one, visits, deeds[one.session.id], patient) for one in due if one.came_back_on is None]
    name = plain(f"{patient.last_name} {patient.first_name}")
    for span in spans_of(claims):
        visit, done = of[span.claim.id], deeds[span.claim.id]
        standing = Standing(
            patient_id=patient.pk,
            stands_from=span.first,
            stands_until=span.end,
            kind=span.claim.kind.value,
            stage=span.stage.value,
            treatment_id=visit.treatment_id,
            location_id=visit.location_id,
            practitioner_id=visit.practitioner_id,
            last_session_on=visit.day,
            due_on=span.claim.due_on,
            booked_on=span.booked_on,
            went_by=span.went_by,
            hidden_until=span.claim.hidden_until,
            reached_by=patient.reached_by,
            attempts=done.attempts,
            last_outcome=done.last_outcome,
            sort_name=name,
        )
        derived.standings.append((span.claim.id, standing))
    return derived


def _recall(due: DueAgain, visit: _Visit) -> Recall:
    return Recall(
        patient_id=visit.patient_id,
        course_id=visit.course_id,
        treatment_id=visit.treatment_id,
        location_id=visit.location_id,
        practitioner_id=visit.practitioner_id,
        last_session_id=visit.id,
        kind=due.kind.value,
        last_session_on=visit.day,
        due_on=due.due_on,
        came_back_on=due.came_back_on,
    )


def _claim(due: DueAgain, visits: Sequence[_Visit], done: Deeds, patient: Patient) -> Claim:
    coming = [visit.day for visit in visits if visit.status in COMING and visit.treatment_id == due.session.treatment_id]
    return Claim.of(due.session.id, due.kind, due.due_on, coming, done, patient.reached_by)
