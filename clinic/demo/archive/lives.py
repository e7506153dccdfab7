"""What became of one practitioner's patients over the years, as rows. The same for the same seed, relative to now."""

from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from aftercare.wording.recalls import RECALLS
from clinic.demo.archive.asking import Action
from clinic.demo.archive.days import FIRST_SESSION, At, Days
from clinic.demo.archive.people import Person, person
from clinic.demo.archive.standing import Asked, Visit, asked_back, standings
from clinic.demo.archive.stories import HALF_YEAR_DAYS, HALF_YEARLY, LATE, LATE_DAYS, MISSED, STORIES, STORIES_SO_FAR
from clinic.demo.stages import Path
from scheduling.domain.outcomes import Outcome
from scheduling.domain.recalls import Cadence, CourseFacts, DueAgain, Span
from scheduling.fields import plain

HOW_OFTEN = (6, 2, 3, 1)
AT_THE_DESK = (9 * 60, 17 * 60)
CHECK_OUT_MINUTES = 8
WHY_CANCELLED = ("a trip came up", "ill", "too busy at work", "wants another day")
RAISED_INTERVAL_DAYS = 42  # a clinician's caution, for a few (F19)


@dataclass(frozen=True)
class Offered:
    """A treatment, with its length (turnaround included) and its intervals in days."""

    id: int
    skin_area: str
    duration: int
    minutes: int
    least: int
    most: int
    planned: int
    months: int  # between maintenance sessions
    price: str


@dataclass(frozen=True)
class Practice:
    """A practitioner, and which patients of the archive are hers: `number` of them, from the one that has `first_patient` as its id."""

    id: int
    location: int
    rooms: tuple[int, ...]
    turn: int  # among those at the location, who take the rooms in turn by the week
    zone: str
    weekdays: tuple[int, ...]
    opens: int  # minutes of the day
    closes: int
    offers: tuple[Offered, ...]
    number: int
    first: int  # of the archive's patients, counted from 0
    first_patient: int
    first_course: int


@dataclass(frozen=True)
class World:
    seed: int
    now: datetime
    front_desk: int
    clinician: int
    area_codes: tuple[int, ...]


@dataclass
class Session:
    at: At
    status: str
    completed: At | None = None


Row = tuple[object, ...]


@dataclass
class Rows:
    """By table, in the order of its columns in `clinic.demo.archive.writing`. What hangs on an appointment or a recall has that one's place
    in its list beside it: their numbers are given out when they are written down."""

    patients: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    consents: list[Row] = field(default_factory=list)
    appointments: list[Row] = field(default_factory=list)
    recalls: list[tuple[int, Row]] = field(default_factory=list)
    actions: list[tuple[int, Row]] = field(default_factory=list)
    standings: list[tuple[int, Row]] = field(default_factory=list)


def two_courses(patient: int) -> bool:
    """Which of the archive's patients have two, so that everybody's course has its number beforehand."""
    return patient % 8 == 0


def courses_before(patient: int) -> int:
    return patient + (patient + 7) // 8


def lives(practice: Practice, world: World) -> Rows:
    return _Lives(practice, world).rows()


class _Lives:
    def __init__(self, practice: Practice, world: World) -> None:
        self.practice, self.world = practice, world
        self.random = Random(f"{world.seed}, from patient {practice.first}")  # noqa: S311 - a made-up clinic
        zone = ZoneInfo(practice.zone)
        self.cadences = {offer.id: Cadence(offer.most, offer.months) for offer in practice.offers}
        self.days = Days(world.now, zone, practice.weekdays, practice.opens, practice.closes, self.random)

    def rows(self) -> Rows:
        rows = Rows()
        for number in range(self.practice.number):
            self._patient(number, rows)
        return rows

    def _patient(self, number: int, rows: Rows) -> None:
        index, practice = self.practice.first + number, self.practice
        patient = practice.first_patient + number
        course = practice.first_course + courses_before(index) - courses_before(practice.first)
        known_since = (self.days.today, 0)
        courses, visits = {}, []
        for treatment in self._treatments(1 + two_courses(index)):
            interval = RAISED_INTERVAL_DAYS if self.random.random() < 0.06 else treatment.least
            sessions = sorted(self._sessions(self._story(), treatment, interval), key=lambda one: one.at)
            began = (self.days.today - 1, AT_THE_DESK[0])
            for session, row, booked in self._appointments(sessions, treatment, (course, patient, interval)):
                began = min(began, booked)
                if session.status in ("fulfilled", "booked"):
                    visits.append(self._visit(len(rows.appointments), course, treatment, session, booked))
                rows.appointments.append(row)
            rows.courses.append((course, patient, treatment.id, treatment.skin_area, treatment.planned, interval, self.days.text(began)))
            courses[course] = CourseFacts(treatment.planned)
            known_since = min(known_since, began)
            course += 1
        created = self.days.text(known_since)
        her = person(self.random, index, self.world, practice.zone)
        rows.patients.append((patient, *her.fields, created))
        rows.consents += [(patient, *consent, created) for consent in her.consents]
        if any(visit.is_fulfilled for visit in visits):
            self._ask_back(patient, her, visits, courses, rows)

    def _visit(self, place: int, course: int, treatment: Offered, session: Session, booked: At) -> Visit:
        dates = self.days.dates
        return Visit(place, course, treatment.id, dates[session.at[0]], dates[booked[0]], session.completed is not None)

    def _ask_back(self, patient: int, her: Person, visits: list[Visit], courses: dict[int, CourseFacts], rows: Rows) -> None:
        first, where = len(rows.recalls), (self.practice.location, self.practice.id)
        today = self.days.dates[self.days.today]
        asked = asked_back(self.random, visits, courses, self.cadences, her.reached_by, today)
        for one in asked:
            due, came_back = one.due, one.due.came_back_on
            about = (due.session.course_id, due.session.treatment_id, *where)
            rows.recalls.append((due.session.id, (patient, *about, due.kind.value, due.session.day, due.due_on, came_back)))
            rows.actions += [(due.session.id, (patient, *self._action(due, action))) for action in one.actions]
        name = plain(f"{her.last_name} {her.first_name}")
        for place, one, span in standings(asked, visits, her.reached_by):
            rows.standings.append((first + place, (patient, *self._standing(one, span), *where, her.reached_by, name)))

    def _action(self, due: DueAgain, action: Action) -> Row:
        at = self.days.text((self.days.number_of(action.on), self.random.randint(*AT_THE_DESK)))
        wording = RECALLS[due.kind].name if action.outcome is Outcome.TOLD else ""
        by, answered = None if action.step else self.world.front_desk, at if action.is_answered else None
        return action.way.value, action.outcome.value, action.reason, action.hidden_until, action.step, wording, at, by, answered

    def _standing(self, one: Asked, span: Span) -> Row:
        due = one.due
        return (
            span.first,
            span.end,
            due.kind.value,
            span.stage.value,
            due.session.treatment_id,
            due.session.day,
            due.due_on,
            span.booked_on,
            span.went_by,
            one.deeds.hidden_until,
            one.deeds.attempts,
            one.deeds.last_outcome,
        )

    def _treatments(self, number: int) -> list[Offered]:
        """The first of them the likelier ones, in the catalogue's order."""
        offers = self.practice.offers
        first = self.random.choices(offers, HOW_OFTEN[: len(offers)])[0]
        others = [offer for offer in offers if offer is not first]
        return [first, *self.random.sample(others, number - 1)]

    def _story(self) -> Path:
        return STORIES[bisect(STORIES_SO_FAR, self.random.random() * STORIES_SO_FAR[-1])]

    def _sessions(self, story: Path, treatment: Offered, interval: int) -> list[Session]:
        """Oldest first. What doesn't fit into the diary any more was never booked."""
        random, today = self.random, self.days.today
        sessions = self._fulfilled(story.last, treatment, interval, is_done=story.course_done) if story.last else []
        if story.following:
            day = today + random.randint(*map(int, story.following))
            if sessions:
                day = max(day, sessions[-1].at[0] + interval)
            if at := self.days.take_after(day, treatment.minutes):
                sessions.append(Session(at, "booked"))
        if not story.last and not story.following:
            sessions.append(Session(self._some_day(today - 700, today - 3), self._how_missed()))
        return sessions + self._missed(sessions)

    def _fulfilled(self, last: tuple[float, float], treatment: Offered, interval: int, *, is_done: bool) -> list[Session]:
        """Made up backwards from the last one."""
        random = self.random
        if is_done:
            gaps = [self._gap(interval, treatment) for _ in range(treatment.planned - 1)]
            gaps += [random.randint(*HALF_YEAR_DAYS) for _ in range(random.choice(HALF_YEARLY))]
        else:
            gaps = [self._gap(interval, treatment) for _ in range(random.randrange(treatment.planned - 1))]
        least, most = last
        at = self.days.take_before(self.days.today - round(least + (most - least) * random.random()), treatment.minutes)
        sessions: list[Session] = []
        while at:
            day, minute = at
            ended = minute + treatment.duration + random.randint(-4, 7)
            if day == self.days.today:
                ended = min(ended, self.days.minute_now)
            sessions.append(Session(at, "fulfilled", (day, ended)))
            at = self.days.take_before(day - gaps.pop(), treatment.minutes) if gaps else None
        return sessions[::-1]

    def _gap(self, interval: int, treatment: Offered) -> int:
        if self.random.random() < LATE:
            return self.random.randint(*LATE_DAYS)
        return self.random.randint(interval, max(interval, treatment.most))

    def _missed(self, sessions: list[Session]) -> list[Session]:
        """Those that were cancelled, or that she didn't come to: some weeks before the others, or since."""
        yesterday = self.days.today - 1
        days = [session.at[0] + self.random.randint(-12, 40) for session in sessions if self.random.random() < MISSED]
        return [Session(self._some_day(day, day), self._how_missed()) for day in days if day <= yesterday]

    def _how_missed(self) -> str:
        return "noshow" if self.random.random() < 0.35 else "cancelled"

    def _some_day(self, first: int, last: int) -> At:
        minute = self.random.randrange(self.practice.opens, self.practice.closes - 90, 15)
        return max(self.random.randint(first, last), FIRST_SESSION), minute

    def _appointments(self, sessions: list[Session], treatment: Offered, about: tuple[int, int, int]) -> Iterator[tuple[Session, Row, At]]:
        course, patient, interval = about
        practice, days, random = self.practice, self.days, self.random
        previous: Session | None = None
        for session in sessions:
            day, minute = session.at
            booked = self._booked(session, previous)
            reason, by = "", self.world.front_desk
            if session.completed:
                since, by = session.completed, self.world.clinician
            elif session.status == "booked":
                since = booked
            elif session.status == "noshow":
                since = (day, minute + 30)
            else:
                since, reason = max(booked, (day - random.randint(1, 3), minute)), random.choice(WHY_CANCELLED)
            yield (
                session,
                (
                    course,
                    patient,
                    treatment.skin_area,
                    practice.id,
                    practice.rooms[(practice.turn + day // 7) % len(practice.rooms)],
                    practice.location,
                    practice.zone,
                    f"[{days.text(session.at)},{days.text((day, minute + treatment.minutes))})",
                    treatment.duration,
                    interval,
                    session.status,
                    reason,
                    days.text(since),
                    by,
                    days.text(session.completed) if session.completed else None,
                    0,
                    treatment.price,
                    self.world.front_desk,
                    days.text(booked),
                ),
                booked,
            )
            if session.completed:
                previous = session

    def _booked(self, session: Session, previous: Session | None) -> At:
        """At check-out most of the time, else some days ahead; never before the last visit's end, and never later than now."""
        day = session.at[0]
        if previous and previous.completed:
            checked_out = (previous.completed[0], previous.completed[1] + CHECK_OUT_MINUTES)
            if 0 < day - previous.at[0] <= 60 and self.random.random() < 0.7 and self.days.has_passed(checked_out):
                return checked_out
        latest = min(day, self.days.today) - self.random.randint(2, 16)
        earliest = previous.at[0] + 1 if previous else latest
        if latest < earliest:
            latest = min(earliest, day - 1, self.days.today - 1)
        return latest, self.random.randint(*AT_THE_DESK)
