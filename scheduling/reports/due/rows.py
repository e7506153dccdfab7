"""A row of the report."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from scheduling.domain.cadence import Bucket, RecallKind, Stage
from scheduling.domain.recalls import Cadence, bucket_of
from scheduling.models import Location, Practitioner, Treatment

# Of a standing `s` and its patient `p`.
COLUMNS = """
s.patient_id, p.first_name, p.last_name, p.phone <> '', s.kind, s.stage, s.last_session_on, s.due_on, s.booked_on, s.went_by,
s.hidden_until, s.location_id, s.practitioner_id, s.treatment_id, s.recall_id, s.attempts, s.last_outcome, s.reached_by, s.sort_name
"""


@dataclass(frozen=True, slots=True)
class Due:
    """Where a patient stands. `days_late` is 0 until the day after `due_on`; `value` is the list price of the session due (F21).

    `went_by`: the latest day that she was booked for, that passed, and that nobody has completed. `hidden_until`: the last such day.
    """

    patient_id: int
    patient: str = field(repr=False)
    sort_name: str = field(repr=False)
    treatment: str
    location: str
    practitioner: str
    kind: RecallKind
    last_session_on: date
    due_on: date
    days_late: int
    bucket: Bucket
    booked_on: date | None
    went_by: date | None
    hidden_until: date | None
    value: Decimal
    currency: str
    location_id: int
    practitioner_id: int
    treatment_id: int
    recall_id: int
    attempts: int
    last_outcome: str
    reached_by: str  # "", "sms", "email" or "sms,email"
    has_phone: bool  # to be called
    is_answered: bool = False  # the message that asked her back last, with nobody having done anything since: `with_answers` says so


class Catalog:
    """Names and prices of what rows mention by number: a few each, read once a page."""

    def __init__(self) -> None:
        self.treatments = Treatment.objects.in_bulk()
        self.locations = dict(Location.objects.values_list("pk", "name"))
        self.practitioners = dict(Practitioner.objects.values_list("pk", "name"))

    def cadences(self, treatment: int | None) -> list[Cadence]:
        """That treatment's, or all there are."""
        return [one.cadence for pk, one in self.treatments.items() if treatment in (None, pk)]

    def due(self, row: tuple[Any, ...], as_of: date) -> Due:
        """Of a row of COLUMNS."""
        patient, first_name, last_name, has_phone, kind, stage, last_session_on, due_on, booked_on, went_by, hidden_until, *rest = row
        location, practitioner, treatment, recall, attempts, last_outcome, reached_by, sort_name = rest
        return Due(
            patient_id=patient,
            patient=f"{first_name} {last_name}",
            sort_name=sort_name,
            treatment=self.treatments[treatment].name,
            location=self.locations[location],
            practitioner=self.practitioners[practitioner],
            kind=RecallKind(kind),
            last_session_on=last_session_on,
            due_on=due_on,
            days_late=0 if booked_on else max(0, (as_of - due_on).days),
            bucket=bucket_of(Stage(stage), RecallKind(kind), due_on, as_of),
            booked_on=booked_on,
            went_by=went_by,
            hidden_until=hidden_until,
            value=self.treatments[treatment].list_price,
            currency=self.treatments[treatment].currency,
            location_id=location,
            practitioner_id=practitioner,
            treatment_id=treatment,
            recall_id=recall,
            attempts=attempts,
            last_outcome=last_outcome,
            reached_by=reached_by,
            has_phone=has_phone,
        )
