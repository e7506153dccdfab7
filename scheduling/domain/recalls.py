"""Who is asked back and where she stands in the report: worked out from her appointments, and from what was done about her recalls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from scheduling.domain.cadence import DUE_SOON_DAYS, LAPSED_AFTER_MONTHS, Bucket, RecallKind, Stage, add_months, due_on, due_soon_until
from scheduling.domain.outcomes import Deeds

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)  # of the report's calendar, which appointments (2000 to 2199) stay well within


# --- recalls --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cadence:
    """A treatment's: the end of the recommended window after a session, in days (F19), and months between maintenance sessions (F20)."""

    recommended_within_days: int
    maintenance_months: int


@dataclass(frozen=True, slots=True)
class CourseFacts:
    planned_sessions: int
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A fulfilled one, on its clinic-local day."""

    id: int
    course_id: int
    treatment_id: int
    day: date


@dataclass(frozen=True, slots=True)
class DueAgain:
    """What a fulfilled session asks for. `came_back_on`: the day of the one that followed; None while it is open."""

    session: Session
    kind: RecallKind
    due_on: date
    came_back_on: date | None


def recalls_of(sessions: Iterable[Session], courses: Mapping[int, CourseFacts], cadences: Mapping[int, Cadence]) -> list[DueAgain]:
    """One for each of a patient's fulfilled sessions, in their order; the last one of each treatment is open.

    A session asks for the next one until as many as were planned are done, or the course was ended; from then on for maintenance.
    """
    ordered = sorted(sessions, key=lambda session: (session.day, session.id))
    following: dict[int, Session] = {}
    numbers: dict[int, int] = {}
    done: dict[int, int] = {}
    last_of: dict[int, Session] = {}
    last_in_course = {session.course_id: session.id for session in ordered}
    for session in ordered:
        if earlier := last_of.get(session.treatment_id):
            following[earlier.id] = session
        last_of[session.treatment_id] = session
        numbers[session.id] = done[session.course_id] = done.get(session.course_id, 0) + 1
    found = []
    for session in ordered:
        course, cadence = courses[session.course_id], cadences[session.treatment_id]
        is_over = course.is_ended and last_in_course[session.course_id] == session.id
        kind = RecallKind.MAINTENANCE if is_over or numbers[session.id] >= course.planned_sessions else RecallKind.NEXT_SESSION
        due = due_on(
            kind,
            session.day,
            recommended_within_days=cadence.recommended_within_days,
            maintenance_months=cadence.maintenance_months,
        )
        came_back = following.get(session.id)
        found.append(DueAgain(session, kind, due, came_back.day if came_back else None))
    return found


# --- buckets --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """Who is in `bucket` as of a day: at one of `stages`, asked back for `kind` (None: for either), due from `first` to `last`."""

    bucket: Bucket
    stages: tuple[Stage, ...]
    kind: RecallKind | None = None
    first: date = FIRST_DAY
    last: date = LAST_DAY

    def has(self, stage: Stage, kind: RecallKind, due: date) -> bool:
        return stage in self.stages and self.kind in (None, kind) and self.first <= due <= self.last


@lru_cache(maxsize=1024)
def ranges(as_of: date) -> tuple[Range, ...]:
    """The report's buckets as of a day; every stage, kind and due date is in exactly one of them."""
    day, soon = timedelta(days=1), due_soon_until(as_of)
    not_lapsed = first_not_lapsed(as_of)
    free = (Stage.OPEN, Stage.UNREACHABLE)
    maintenance, next_session = RecallKind.MAINTENANCE, RecallKind.NEXT_SESSION
    return (
        Range(Bucket.LAPSED, free, last=not_lapsed - day),
        Range(Bucket.MAINTENANCE_OVERDUE, (Stage.OPEN,), maintenance, not_lapsed, as_of - day),
        Range(Bucket.MAINTENANCE_DUE, (Stage.OPEN,), maintenance, as_of, soon),
        Range(Bucket.NEXT_SESSION_OVERDUE, (Stage.OPEN,), next_session, not_lapsed, as_of - day),
        Range(Bucket.NEXT_SESSION_DUE, (Stage.OPEN,), next_session, as_of),
        Range(Bucket.UNREACHABLE, (Stage.UNREACHABLE,), maintenance, not_lapsed, soon),
        Range(Bucket.UNREACHABLE, (Stage.UNREACHABLE,), next_session, not_lapsed),
        Range(Bucket.SNOOZED, (Stage.SNOOZED,)),
        Range(Bucket.MAINTENANCE_NOT_YET_DUE, free, maintenance, soon + day),
        Range(Bucket.MAINTENANCE_BOOKED, (Stage.BOOKED,), maintenance),
        Range(Bucket.NEXT_SESSION_BOOKED, (Stage.BOOKED,), next_session),
        Range(Bucket.DECLINED, (Stage.DECLINED,)),
    )


def bucket_of(stage: Stage, kind: RecallKind, due: date, as_of: date) -> Bucket:
    return next(one.bucket for one in ranges(as_of) if one.has(stage, kind, due))


def first_not_lapsed(as_of: date) -> date:
    """The earliest due date that isn't over a year late: 1 March, where a year from 28 February is no more and there was no 29th."""
    candidate = add_months(as_of, -LAPSED_AFTER_MONTHS)
    return candidate if add_months(candidate, LAPSED_AFTER_MONTHS) >= as_of else candidate + timedelta(days=1)


# --- standings ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claim:
    """An open recall and what holds it back. `coming`: the days for which the patient is booked. `hidden_until`: the last day of it."""

    id: int
    kind: RecallKind
    due_on: date
    coming: Collection[date] = ()
    hidden_until: date | None = None
    is_declined: bool = False
    is_reachable: bool = True

    @classmethod
    def of(cls, id: int, kind: RecallKind, due_on: date, coming: Iterable[date], done: Deeds, reached_by: str) -> "Claim":
        """With what was done about it; `reached_by` names the channels by which a recall can go to her, "" for none."""
        return cls(id, kind, due_on, tuple(coming), done.hidden_until, done.is_declined, bool(reached_by))

    def booked_on(self, day: date) -> date | None:
        """The next session, as seen on `day`: one that went by and was never completed brings nobody back."""
        return min((coming for coming in self.coming if coming >= day), default=None)

    def went_by(self, day: date) -> date | None:
        """The latest session before `day` that was booked, and that nobody has completed yet."""
        return max((coming for coming in self.coming if coming < day), default=None)

    def stage_on(self, day: date) -> Stage:
        if self.booked_on(day):
            return Stage.BOOKED
        if self.is_declined:
            return Stage.DECLINED
        if self.hidden_until and day <= self.hidden_until:
            return Stage.SNOOZED
        return Stage.OPEN if self.is_reachable else Stage.UNREACHABLE


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to before `end` she stands by `claim`, at `stage`. LAST_DAY as the end has no end."""

    first: date
    end: date
    claim: Claim
    stage: Stage
    booked_on: date | None
    went_by: date | None

    def says(self) -> tuple[object, ...]:
        return self.claim, self.stage, self.booked_on, self.went_by


def spans_of(claims: Sequence[Claim]) -> list[Span]:
    """Where a patient stands on each day, by one of her open recalls: without a gap, and never at two places at once."""
    if not claims:
        return []
    days = sorted({FIRST_DAY, *(day for claim in claims for day in _turning_days(claim, is_alone=len(claims) == 1))})
    spans: list[Span] = []
    for first, end in zip(days, [*days[1:], LAST_DAY], strict=True):
        claim = min(claims, key=lambda claim: _rank(claim, first))
        span = Span(first, end, claim, claim.stage_on(first), claim.booked_on(first), claim.went_by(first))
        if spans and spans[-1].says() == span.says():
            span = replace(spans.pop(), end=end)
        spans.append(span)
    return spans


# For which of several recalls she is listed: the one to act on before all others, one that she declined last.
TO_ACT_ON = (
    Bucket.NEXT_SESSION_OVERDUE,
    Bucket.NEXT_SESSION_DUE,
    Bucket.MAINTENANCE_OVERDUE,
    Bucket.MAINTENANCE_DUE,
    Bucket.UNREACHABLE,
)
RANKS: dict[Bucket, int] = dict.fromkeys(TO_ACT_ON, 0) | {
    Bucket.LAPSED: 1,
    Bucket.SNOOZED: 2,
    Bucket.NEXT_SESSION_BOOKED: 3,
    Bucket.MAINTENANCE_BOOKED: 3,
    Bucket.MAINTENANCE_NOT_YET_DUE: 4,
    Bucket.DECLINED: 5,
}


def _rank(claim: Claim, day: date) -> tuple[int, date, int]:
    return RANKS[bucket_of(claim.stage_on(day), claim.kind, claim.due_on, day)], claim.due_on, claim.id


def _turning_days(claim: Claim, *, is_alone: bool) -> Iterable[date]:
    """On which something about it is otherwise than on the day before. What only moves it to another bucket matters beside others."""
    day = timedelta(days=1)
    yield from (coming + day for coming in claim.coming)
    if claim.hidden_until:
        yield claim.hidden_until + day
    if not is_alone:
        yield claim.due_on - timedelta(days=DUE_SOON_DAYS)
        yield claim.due_on + day
        yield add_months(claim.due_on, LAPSED_AFTER_MONTHS) + day
