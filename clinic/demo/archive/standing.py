"""When the archive's patients are due again and where they stand, by the very rules that the services go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from clinic.demo.archive.asking import Action, actions
from scheduling.domain.outcomes import Deeds
from scheduling.domain.recalls import Cadence, Claim, CourseFacts, DueAgain, Session, Span, recalls_of, spans_of


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment that was fulfilled, or is to come. `id` is its place among those of its chunk."""

    id: int
    course: int
    treatment: int
    day: date
    booked_on: date
    is_fulfilled: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A recall, and what was done about it."""

    due: DueAgain
    actions: list[Action]
    deeds: Deeds


def asked_back(
    random: Random,
    visits: Sequence[Visit],
    courses: Mapping[int, CourseFacts],
    cadences: Mapping[int, Cadence],
    reached_by: str,
    today: date,
) -> list[Asked]:
    """One for each fulfilled session, in their order."""
    sessions = [Session(visit.id, visit.course, visit.treatment, visit.day) for visit in visits if visit.is_fulfilled]
    asked = []
    for due in recalls_of(sessions, courses, cadences):
        done = actions(random, due, reached_by, _next_booked_on(due, visits), today)
        deeds = Deeds()
        for one in done:
            deeds.add(one.outcome, one.hidden_until)
        asked.append(Asked(due, done, deeds))
    return asked


def standings(asked: Sequence[Asked], visits: Sequence[Visit], reached_by: str) -> list[tuple[int, Asked, Span]]:
    """The place of the recall among `asked`, that recall, and the days on which she stands by it."""
    open_ones = {one.due.session.id: (place, one) for place, one in enumerate(asked) if one.due.came_back_on is None}
    claims = [
        Claim.of(
            one.due.session.id,
            one.due.kind,
            one.due.due_on,
            (visit.day for visit in visits if not visit.is_fulfilled and visit.treatment == one.due.session.treatment_id),
            one.deeds,
            reached_by,
        )
        for _, one in open_ones.values()
    ]
    return [(*open_ones[span.claim.id], span) for span in spans_of(claims)]


def _next_booked_on(due: DueAgain, visits: Sequence[Visit]) -> date | None:
    later = [visit for visit in visits if visit.treatment == due.session.treatment_id and visit.day > due.session.day]
    return min(later, key=lambda visit: visit.day).booked_on if later else None
