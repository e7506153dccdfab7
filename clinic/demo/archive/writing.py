"""The archive's rows in the form in which PostgreSQL takes them fastest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.demo.archive.lives import Practice, Row, World, lives


@dataclass(frozen=True)
class Table:
    name: str
    columns: str


PATIENTS = Table(
    "scheduling_patient",
    "id, first_name, last_name, birth_date, phone, email, time_zone, language, wants_quiet_nights, hyperpigmentation_risk,"
    " active_products, notes, reached_by, created_at",
)
COURSES = Table("scheduling_course", "id, patient_id, treatment_id, skin_area, planned_sessions, minimum_interval_days, started_at")
CONSENTS = Table(
    "aftercare_consent",
    "patient_id, purpose, channel, address, is_granted, wording_version, most_per_day, source, actor_id, given_at",
)
APPOINTMENTS = Table(
    "scheduling_appointment",
    "id, course_id, patient_id, skin_area, practitioner_id, room_id, location_id, time_zone, during, duration_minutes,"
    " minimum_interval_days, status, status_reason, status_at, status_by_id, completed_at, revision, price, booked_by_id, booked_at",
)
RECALLS = Table(
    "scheduling_recall",
    "id, last_session_id, patient_id, course_id, treatment_id, location_id, practitioner_id, kind, last_session_on, due_on, came_back_on",
)
ACTIONS = Table(
    "scheduling_recallaction",
    "session_id, patient_id, way, outcome, reason, hidden_until, step, wording, at, by_id, answered_at",
)
STANDINGS = Table(
    "scheduling_standing",
    "recall_id, patient_id, stands_from, stands_until, kind, stage, treatment_id, last_session_on, due_on, booked_on, went_by,"
    " hidden_until, attempts, last_outcome, location_id, practitioner_id, reached_by, sort_name",
)
TABLES = (PATIENTS, COURSES, CONSENTS, APPOINTMENTS, RECALLS, ACTIONS, STANDINGS)

Hanging = list[tuple[int, str]]  # each line with the place of what it hangs on


@dataclass(frozen=True)
class Chunk:
    """What one practitioner's patients come to, in lines as COPY reads them; those without the numbers that aren't given out yet."""

    patients: list[str]
    courses: list[str]
    consents: list[str]
    appointments: list[str]
    recalls: Hanging
    actions: Hanging
    standings: Hanging


def make(job: tuple[Practice, World]) -> Chunk:
    rows = lives(*job)
    return Chunk(
        patients=[line(row) for row in rows.patients],
        courses=[line(row) for row in rows.courses],
        consents=[line(row) for row in rows.consents],
        appointments=[line(row) for row in rows.appointments],
        recalls=_hanging(rows.recalls),
        actions=_hanging(rows.actions),
        standings=_hanging(rows.standings),
    )


def _hanging(rows: Iterable[tuple[int, Row]]) -> Hanging:
    return [(place, line(row)) for place, row in rows]


def line(row: Row) -> str:
    """COPY's text format. None of what the archive is made up from holds a tab, a backslash or a line break."""
    return "\t".join(["\\N" if value is None else str(value) for value in row]) + "\n"


def write(cursor: Any, chunk: Chunk) -> None:
    session = reserve(cursor, APPOINTMENTS, len(chunk.appointments))
    recall = reserve(cursor, RECALLS, len(chunk.recalls))
    _copy(cursor, PATIENTS, chunk.patients)
    _copy(cursor, COURSES, chunk.courses)
    _copy(cursor, CONSENTS, chunk.consents)
    _copy(cursor, APPOINTMENTS, (f"{number}\t{text}" for number, text in enumerate(chunk.appointments, start=session)))
    numbered = enumerate(chunk.recalls, start=recall)
    _copy(cursor, RECALLS, (f"{number}\t{session + place}\t{text}" for number, (place, text) in numbered))
    _copy(cursor, ACTIONS, (f"{session + place}\t{text}" for place, text in chunk.actions))
    _copy(cursor, STANDINGS, (f"{recall + place}\t{text}" for place, text in chunk.standings))


def reserve(cursor: Any, table: Table, number: int) -> int:
    """The first of so many ids that nobody else gets."""
    if not number:
        return 0
    cursor.execute(
        "SELECT nextval(sequence), setval(sequence, currval(sequence) + %s) FROM pg_get_serial_sequence(%s, 'id') AS sequence",
        [number - 1, table.name],
    )
    return int(cursor.fetchone()[0])


def _copy(cursor: Any, table: Table, lines: Iterable[str] | Sequence[str]) -> None:
    with cursor.copy(f"COPY {table.name} ({table.columns}) FROM STDIN") as copying:
        copying.write("".join(lines))
