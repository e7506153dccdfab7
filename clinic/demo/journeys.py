"""A patient's visits, made up backwards from the stage that she is at."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from django.utils import timezone

from clinic.demo.diary import GRID, Diary, Place, days_back, days_on
from clinic.demo.stages import PATHS, Days, Path, Stage, random_days
from notifications.domain.quiet import at_wall_clock
from scheduling.domain.states import Status
from scheduling.models import Treatment

HOW_OFTEN = (6, 2, 3, 1)  # the treatments, in the catalogue's order
DOSE_EVERY = timedelta(hours=3)  # F16
FIRST_DOSE_IN, NEXT_DOSE_IN = timedelta(seconds=40), timedelta(seconds=40)
CHECK_OUT = timedelta(minutes=8)


@dataclass(frozen=True)
class Visit:
    """What happened to one appointment, and when. `closed_at` is when it was completed, cancelled or missed."""

    place: Place
    status: Status
    booked_at: datetime
    arrived_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Storyteller:
    now: datetime
    diary: Diary
    random: Random
    treatments: list[Treatment]

    zone: ZoneInfo

    @property
    def today(self) -> date:
        return timezone.localdate(self.now, self.zone)

    def visits(self, stage: Stage, nth: int) -> list[Visit]:
        """All visits of a patient at `stage`, oldest first; `nth` counts the patients of this stage from 0."""
        path = PATHS[stage]
        treatment = self.random.choices(self.treatments, HOW_OFTEN)[0]
        following = self._following(stage, path, treatment)
        completed = self._completed(stage, path, path.last, treatment, following, nth) if path.last else []
        if following:
            completed.append(self._following_visit(stage, following, completed[-1] if completed else None))
        return completed

    # --- sessions that are over ---

    def _completed(self, stage: Stage, path: Path, ago: Days, treatment: Treatment, following: Place | None, nth: int) -> list[Visit]:
        last, completed_at = self._last(stage, ago, treatment, following, nth)
        places = [last]
        if path.course_done:
            gaps = [self._interval(treatment) for _ in range(treatment.planned_sessions - 1)]
            if self.random.random() < 0.4:
                gaps.append(self.random.randint(175, 200))  # a maintenance session (F20)
        else:
            gaps = [self._interval(treatment) for _ in range(self.random.randint(0, treatment.planned_sessions - 2))]
        for gap in reversed(gaps):
            earlier = self.diary.find(treatment, days_back(places[-1].day - timedelta(days=gap)))
            if earlier is None:
                break
            places.append(earlier)
        visits: list[Visit] = []
        for place in reversed(places):
            ended_at = completed_at if place is last and completed_at else place.ends_at + self._minutes(-4, 9)
            booked_at = self._booked_at(place, visits[-1] if visits else None)
            visits.append(Visit(place, Status.FULFILLED, booked_at, self._arrival(place), ended_at))
        return visits

    def _last(self, stage: Stage, ago: Days, treatment: Treatment, following: Place | None, nth: int) -> tuple[Place, datetime | None]:
        """The last completed session, and its actual end where that matters to the second."""
        if stage is Stage.DOSE_SOON:
            found = self._dose_due_at(treatment, self.now + FIRST_DOSE_IN + NEXT_DOSE_IN * nth)
            if found:
                return found
        if stage in (Stage.DOSE_SOON, Stage.JUST_TREATED):
            return self._found(
                self.diary.find(treatment, days_back(self.today), ended_by=self.now - timedelta(minutes=12), prefer="latest")
            )
        ended_by = self.now - timedelta(days=ago[0])
        if stage is Stage.FIRST_NIGHT:
            earliest = self.now - timedelta(days=ago[1])
            place = self.diary.find(treatment, list(days_back(self.today))[:2], starting_from=earliest, ended_by=ended_by)
            if place:
                return place, None
        day = timezone.localdate(self.now - random_days(ago, self.random.random()), self.zone)
        if following:
            day = min(day, following.day - timedelta(days=treatment.minimum_interval_days))
        return self._found(self.diary.find(treatment, days_back(day), ended_by=ended_by))

    def _dose_due_at(self, treatment: Treatment, due_at: datetime) -> tuple[Place, datetime] | None:
        """A session in opening hours that ended a multiple of three hours before `due_at`, within the first day."""
        duration = timedelta(minutes=treatment.duration_minutes)
        for dose in range(1, 9):
            completed_at = due_at - DOSE_EVERY * dose
            starts_at = _on_grid(completed_at - duration)
            day = timezone.localdate(starts_at, self.zone)
            place = self.diary.find(treatment, [day], starting_from=starts_at, ended_by=starts_at + duration)
            if place:
                return place, completed_at
        return None

    # --- the session that follows ---

    def _following(self, stage: Stage, path: Path, treatment: Treatment) -> Place | None:
        if path.following is None:
            return None
        if stage is Stage.ARRIVED:
            # Out of hours it is the last session of the day before, which nobody has marked completed yet.
            started_by = self.now - timedelta(minutes=5)
            ended_by = started_by + timedelta(minutes=treatment.duration_minutes)
            return self._found(self.diary.find(treatment, days_back(self.today), ended_by=ended_by, prefer="latest"))[0]
        day = self.today + random_days(path.following, self.random.random())
        if stage is Stage.NO_SHOW:
            return self._found(self.diary.find(treatment, days_back(day)))[0]
        return self._found(self.diary.find(treatment, days_on(day), starting_from=self.now + timedelta(minutes=20)))[0]

    def _following_visit(self, stage: Stage, place: Place, previous: Visit | None) -> Visit:
        booked_at = self.now if stage is Stage.JUST_BOOKED else self._booked_at(place, previous)
        match stage:
            case Stage.ARRIVED:
                return Visit(place, Status.ARRIVED, booked_at, self._arrival(place))
            case Stage.CANCELLED:
                return Visit(place, Status.CANCELLED, booked_at, closed_at=self._at_the_desk(self.today - timedelta(days=1)))
            case Stage.NO_SHOW:
                return Visit(place, Status.NOSHOW, booked_at, closed_at=place.starts_at + timedelta(minutes=30))
            case _:
                return Visit(place, Status.BOOKED, booked_at)

    # --- times ---

    def _booked_at(self, place: Place, previous: Visit | None) -> datetime:
        """At check-out most of the time; maintenance and first sessions a week or two ahead. Never before the last visit's end."""
        if previous is None or previous.closed_at is None:
            latest = min(place.day, self.today)
            return self._at_the_desk(latest - timedelta(days=self.random.randint(2, 16)))
        at_check_out = previous.closed_at + CHECK_OUT
        gap = (place.day - previous.place.day).days
        if gap <= 60 and self.random.random() < 0.7:
            return at_check_out
        latest = min(place.day, self.today)
        booked_at = self._at_the_desk(latest - timedelta(days=self.random.randint(2, 9)))
        return max(booked_at, at_check_out)

    def _at_the_desk(self, day: date) -> datetime:
        return at_wall_clock(day, time(9), self.zone) + self._minutes(0, 480)

    def _arrival(self, place: Place) -> datetime:
        return place.starts_at - self._minutes(0, 9)

    def _interval(self, treatment: Treatment) -> int:
        return self.random.randint(treatment.minimum_interval_days, treatment.recommended_within_days)

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.random.randint(least, most))

    def _found(self, place: Place | None) -> tuple[Place, None]:
        if place is None:
            raise DiaryFull("The demo clinic's diary has no place left for so many patients. Ask for fewer.")
        return place, None


class DiaryFull(Exception):
    """More patients than the clinic's four practitioners could have treated."""


def _on_grid(at: datetime) -> datetime:
    return at - timedelta(seconds=at.timestamp() % GRID.total_seconds())
