"""Who and which room is free when: kept in memory while the demo's history is made up, so that no booking is tried in vain."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Literal

from clinic.demo.catalogue import Clinic
from scheduling.models import Practitioner, Room, Treatment

GRID = timedelta(minutes=15)
Prefer = Literal["any", "latest", "earliest"]


@dataclass(frozen=True)
class Place:
    """A time, a practitioner and a room for one session."""

    treatment: Treatment
    practitioner: Practitioner
    room: Room
    starts_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.treatment.duration_minutes)

    @property
    def day(self) -> date:
        return self.starts_at.astimezone(self.room.location.zone).date()


class Diary:
    def __init__(self, clinic: Clinic, random: Random) -> None:
        self._clinic = clinic
        self._random = random
        self._taken: dict[tuple[str, int, date], list[tuple[datetime, datetime]]] = defaultdict(list)

    def find(
        self,
        treatment: Treatment,
        days: Iterable[date],
        *,
        starting_from: datetime | None = None,
        ended_by: datetime | None = None,
        prefer: Prefer = "any",
    ) -> Place | None:
        """Take a free place on the first of `days` that has one."""
        for day in days:
            places = [
                place
                for place in self._places(treatment, day)
                if (starting_from is None or place.starts_at >= starting_from) and (ended_by is None or place.ends_at <= ended_by)
            ]
            self._random.shuffle(places)
            if prefer != "any":
                places.sort(key=lambda place: place.starts_at, reverse=prefer == "latest")
            for place in places:
                if self._take(place, day):
                    return place
        return None

    def _places(self, treatment: Treatment, day: date) -> Iterable[Place]:
        duration = timedelta(minutes=treatment.duration_minutes)
        for shift in self._clinic.shifts:
            location = shift.location
            closed = any(
                closure.location_id == location.pk and closure.starts_on <= day <= closure.ends_on for closure in self._clinic.closures
            )
            if closed or shift.weekday != day.weekday() or treatment.pk not in self._clinic.performs[shift.practitioner_id]:
                continue
            start = datetime.combine(day, shift.opens_at, tzinfo=location.zone)
            while (start + duration).time() <= shift.closes_at:
                for room in self._clinic.rooms[location.pk]:
                    yield Place(treatment, shift.practitioner, room, start.astimezone(UTC))
                start += GRID

    def _take(self, place: Place, day: date) -> bool:
        span = (place.starts_at, place.ends_at + timedelta(minutes=place.treatment.turnaround_minutes))
        diaries = [self._taken["practitioner", place.practitioner.pk, day], self._taken["room", place.room.pk, day]]
        if any(span[0] < end and start < span[1] for diary in diaries for start, end in diary):
            return False
        for diary in diaries:
            diary.append(span)
        return True


def days_back(day: date) -> Iterable[date]:
    return (day - timedelta(days=number) for number in range(400))


def days_on(day: date) -> Iterable[date]:
    return (day + timedelta(days=number) for number in range(400))
