"""Random clinics, and a search for slots that tries every quarter of an hour, written from the rules and not from the query."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduling.models import Absence, Appointment, Closure, Course, Location, OpeningHours, Practitioner, Room, Treatment, WorkingHours
from tests.clinic_world import patient

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)

# In each a day on which the clock changes: at 2:00, at midnight, by half an hour; and one whose distance from UTC has 45 minutes.
TURNS = [
    ("America/New_York", date(2026, 11, 1)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/Havana", date(2026, 11, 1)),
    ("America/Santiago", date(2026, 9, 6)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Asia/Kathmandu", date(2026, 11, 1)),
]
HOURS = [
    *[(time(9), time(12)), (time(12), time(18)), (time(13), time(18)), (time(9, 10), time(11, 40)), (time(0), time(3))],
    *[(time(1, 30), time(4)), (time(0, 45), time(1, 45)), (time(22), time(23, 59)), (time(10), time(10, 30))],
]
OPEN = [(time(8), time(20)), (time(0), time(23, 59)), *HOURS]


@dataclass
class RandomClinic:
    """Everything about it in lists, as the naive search reads it."""

    seed: int
    hours: list[OpeningHours] = field(default_factory=list)
    working: list[WorkingHours] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    courses: dict[tuple[Any, Treatment], Course] = field(default_factory=dict)
    places: dict[Practitioner, set[Location]] = field(default_factory=dict)
    skills: dict[Practitioner, set[Treatment]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        chance = self.random
        zone, turn = TURNS[self.seed % len(TURNS)]
        self.zone = ZoneInfo(zone)
        self.from_date = turn - DAY * chance.randrange(4)
        self.days = chance.choice([1, 3, 5])
        # Sometimes in the middle of what is asked for.
        self.now = datetime.combine(
            turn - DAY * chance.choice([0, 1, 30]), time(chance.randrange(24), chance.choice([0, 7, 30])), self.zone
        )
        self.location = Location.objects.create(name="Maple Street Clinic", phone="+12125550100", time_zone=zone)
        self.branch = Location.objects.create(name="Harbor Clinic", phone="+12125550101", time_zone="Europe/Berlin")
        self.rooms = [Room.objects.create(location=self.location, name=f"Room {name}") for name in chance.sample(range(1, 9), 2)]
        self.rooms.append(Room.objects.create(location=self.location, name="Room 0", is_active=False))
        self.room_elsewhere = Room.objects.create(location=self.branch, name="Room 1")
        self.face, self.deep, self.scalp = (self._treatment(name, area) for name, area in (("f", "face"), ("d", "face"), ("s", "scalp")))
        self.practitioners = [self._practitioner(name) for name in ("Dana Diaz", "Eli Evans", "Ada Ames")]
        self.ana, self.ben = patient("Ana Alvarez", 1), patient("Ben Brooks", 2)
        self._fill()

    def __repr__(self) -> str:
        return f"RandomClinic({self.seed})"

    def _treatment(self, name: str, area: str) -> Treatment:
        minutes, turnaround = self.random.choice([30, 60, 50, 90]), self.random.choice([0, 10, 15, 30])
        made = Treatment(name=name, skin_area=area, duration_minutes=minutes, turnaround_minutes=turnaround)
        made.minimum_interval_days = self.random.choice([28, 35])
        made.save()
        return made

    def _practitioner(self, name: str) -> Practitioner:
        chance = self.random
        made = Practitioner.objects.create(name=name, is_active=chance.random() < 0.9)
        made.locations.set([self.location, self.branch] if chance.random() < 0.9 else [self.branch])
        made.treatments.set([self.face, self.deep, self.scalp] if chance.random() < 0.9 else [self.scalp])
        self.places[made], self.skills[made] = set(made.locations.all()), set(made.treatments.all())
        return made

    def _course(self, of: Any, treatment: Treatment, interval: int) -> Course:
        if (of, treatment) not in self.courses:
            self.courses[of, treatment] = Course.objects.create(
                patient=of,
                treatment=treatment,
                skin_area=treatment.skin_area,
                planned_sessions=3,
                minimum_interval_days=interval,
                started_at=self.now,
            )
        return self.courses[of, treatment]

    def _fill(self) -> None:
        chance = self.random
        if chance.random() < 0.6:
            for weekday in chance.sample(range(7), chance.randrange(1, 8)):
                for span in chance.sample(OPEN, chance.choice([1, 1, 2])):
                    self.hours.append(self._weekly(OpeningHours, span, location=self.location, weekday=weekday))
        for practitioner in self.practitioners:
            if chance.random() < 0.5:
                for weekday in chance.sample(range(7), chance.randrange(1, 8)):
                    for span in chance.sample(OPEN, chance.choice([1, 2])):
                        where = self.location if chance.random() < 0.8 else self.branch
                        self.working.append(self._weekly(WorkingHours, span, location=where, weekday=weekday, practitioner=practitioner))
            for _ in range(chance.choice([0, 0, 1, 2])):
                begins = self._some_time()
                away = DateTimeTZRange(begins, begins + QUARTER * chance.randrange(1, 200), chance.choice(["[)", "[]", "(]", "()"]))
                self.absences.append(Absence.objects.create(practitioner=practitioner, during=away))
        for _ in range(chance.choice([0, 1])):
            begins_on = self.from_date + DAY * chance.randrange(self.days)
            self.closures.append(
                Closure.objects.create(
                    location=self.location, starts_on=begins_on, ends_on=begins_on + DAY * chance.randrange(2), reason="x"
                )
            )
        for _ in range(chance.choice([5, 40])):
            self._appointment(self._some_time())
        interval = self._course(self.ana, self.face, chance.choice([28, 30, 42])).minimum_interval_days
        for side in (-1, 1):  # Ana's own, near enough to matter, and often to the day
            if chance.random() < 0.7:
                away = DAY * side * (interval + chance.choice([-1, 0, 0, 1]))
                self._appointment(self._some_time() + away, self.ana, chance.choice([self.face, self.face, self.deep]))

    def _weekly(self, model: Any, span: tuple[time, time], **fields: Any) -> Any:
        return model.objects.create(opens_at=span[0], closes_at=span[1], **fields)

    def _some_time(self) -> datetime:
        """To the minute, on one of the days asked for."""
        midnight = datetime.combine(self.from_date, time(), self.zone).astimezone(UTC)
        return midnight + timedelta(minutes=5 * self.random.randrange(288 * self.days))

    def _appointment(self, starts_at: datetime, of: Any = None, treatment: Any = None) -> None:
        """Where nothing stands against it."""
        chance = self.random
        of, treatment = of or chance.choice([self.ana, self.ben, None]), treatment or chance.choice([self.face, self.scalp])
        of = of or patient("Zoe Zimmer", 100 + len(self.appointments))
        course = self._course(of, treatment, chance.choice([28, 31, 42]))
        room = chance.choice([*self.rooms, self.room_elsewhere])
        status = chance.choice(["booked", "booked", "arrived", "fulfilled", "cancelled", "noshow", "entered-in-error"])
        made = Appointment(
            course=course,
            patient=of,
            skin_area=course.skin_area,
            practitioner=chance.choice(self.practitioners),
            room=room,
            location=room.location,
            time_zone=room.location.time_zone,
            during=DateTimeTZRange(starts_at, starts_at + timedelta(minutes=5 * chance.randrange(4, 25))),
            duration_minutes=15,
            minimum_interval_days=course.minimum_interval_days,
            status=status,
            status_at=self.now,
            completed_at=self.now if status == "fulfilled" else None,
            price=640,
            booked_at=self.now,
        )
        try:
            with transaction.atomic():
                made.save()
        except IntegrityError:
            return
        made.refresh_from_db()
        self.appointments.append(made)

    def newcomer(self) -> Any:
        """Nothing of hers is in the diary."""
        return patient("Yara Young", 99)

    def some_tries(self, found: list[tuple[datetime, str, str]]) -> list[tuple[datetime, Practitioner, Room]]:
        """A few of those found, quarter hours next to them, and some that are anywhere."""
        practitioners, rooms = ({one.name: one for one in all_of} for all_of in (self.practitioners, self.rooms))
        tries = [
            (at + QUARTER * self.random.choice([0, 0, -1, 1]), practitioners[who], rooms[where])
            for at, who, where in self.random.sample(found, min(6, len(found)))
        ]
        moments = self.quarter_hours()
        active = [room for room in self.rooms if room.is_active]
        for at in self.random.sample(moments, min(4, len(moments))):
            tries.append((at, self.random.choice(self.practitioners), self.random.choice(active)))
        return [one for one in tries if one[0] >= self.now]

    # --- the naive search -----------------------------------------------------------------------------------------

    def quarter_hours(self) -> list[datetime]:
        """Every one on the days asked for, by the clinic's calendar, that isn't past."""
        midnight = datetime.combine(self.from_date, time(), UTC) - DAY
        moments = [midnight + QUARTER * number for number in range(96 * (self.days + 3))]
        wanted = {self.from_date + DAY * number for number in range(self.days)}
        return [at for at in moments if at.astimezone(self.zone).date() in wanted and at >= self.now]

    def search(self, treatment: Treatment, of: Any = None, instead_of: Appointment | None = None) -> list[tuple[datetime, str, str]]:
        found = []
        rooms = sorted(self.rooms, key=lambda room: room.name)
        for at, practitioner in product(self.quarter_hours(), sorted(self.practitioners, key=lambda one: one.name)):
            free = [room for room in rooms if self.may_book(treatment, practitioner, room, at, of, instead_of)]
            if free:
                found.append((at, practitioner.name, free[0].name))
        return found

    def may_book(self, treatment: Treatment, practitioner: Practitioner, room: Room, at: datetime, of: Any, instead_of: Any = None) -> bool:
        minutes = instead_of.duration_minutes if instead_of else treatment.duration_minutes
        ends_at = at + timedelta(minutes=minutes)
        free_at = ends_at + timedelta(minutes=treatment.turnaround_minutes)
        start, end = at.astimezone(self.zone), ends_at.astimezone(self.zone)
        day = start.date()

        def inside(hours: list[Any]) -> bool:
            return not hours or any(
                (day, day.weekday()) == (end.date(), span.weekday) and span.opens_at <= start.time() and end.time() <= span.closes_at
                for span in hours
            )

        standing = [one for one in self.appointments if one.status in ("booked", "arrived", "fulfilled") and one != instead_of]
        course = instead_of or self.courses.get((of, treatment)) or treatment
        interval = course.minimum_interval_days
        return (
            room.is_active
            and practitioner.is_active
            and treatment in self.skills[practitioner]
            and self.location in self.places[practitioner]
            and not any(closure.starts_on <= day <= closure.ends_on for closure in self.closures)
            and inside(self.hours)
            and inside([span for span in self.working if (span.practitioner, span.location) == (practitioner, self.location)])
            and not any(
                absence.practitioner == practitioner
                and absence.during.lower < ends_at
                and (at < absence.during.upper or (at == absence.during.upper and absence.during.upper_inc))
                for absence in self.absences
            )
            and not any(
                one.during.lower < free_at
                and at < one.during.upper
                and (one.practitioner == practitioner or one.room == room or one.patient == of)
                for one in standing
            )
            and not any(
                one.patient == of
                and one.skin_area == treatment.skin_area
                and one.recovery.lower < day + DAY * interval
                and day < one.recovery.upper
                for one in standing
            )
        )
