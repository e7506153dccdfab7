"""The demo clinic itself: its two locations, its people, what it offers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.contrib.auth.models import User

from scheduling.models import Closure, Location, OpeningHours, Practitioner, Room, Treatment
from scheduling.models.practitioners import WorkingHours
from scheduling.models.treatments import SkinArea

WORKDAYS, WEEKEND = range(5), (5, 6)
DOWNTOWN, RIVERSIDE = "Juniper Skin Downtown", "Juniper Skin Riverside"

# Microneedling (F1), intervals (F19), prices (F21).
TREATMENTS = [
    {
        "name": "Microneedling, face",
        "description": "Very fine needles make tiny punctures across the face. As the skin heals it remodels itself: fine lines soften and "
        "uneven color fades over the following weeks.",
        "skin_area": SkinArea.FACE,
        "list_price": Decimal("640.00"),
    },
    {
        "name": "Microneedling, neck & décolleté",
        "description": "The same gentle punctures on the thinner skin of the neck and chest, where creases and sun spots show first.",
        "skin_area": SkinArea.NECK,
        "minimum_interval_days": 35,
        "list_price": Decimal("560.00"),
    },
    {
        "name": "Microneedling, scalp",
        "description": "Tiny punctures that set the scalp's skin remodeling. A shorter session, in a course of four.",
        "skin_area": SkinArea.SCALP,
        "duration_minutes": 45,
        "planned_sessions": 4,
        "list_price": Decimal("480.00"),
    },
    {
        "name": "Microneedling, abdomen",
        "description": "For stretch marks: the skin is encouraged to rebuild, so that they lessen from session to session.",
        "skin_area": SkinArea.ABDOMEN,
        "duration_minutes": 75,
        "list_price": Decimal("700.00"),
    },
]


class Premises(NamedTuple):
    address: str
    phone: str
    rooms: tuple[str, ...]
    hours: list[tuple[Iterable[int], time, time]]


LOCATIONS = {
    # Open every day, so that somebody has always been treated within the last 24 hours.
    DOWNTOWN: Premises(
        "18 Larch Street, Suite 200",
        "+12125550104",
        ("Room 1", "Room 2", "Room 3"),
        [(WORKDAYS, time(8), time(20)), (WEEKEND, time(9), time(18))],
    ),
    RIVERSIDE: Premises("405 Quay Road", "+17185550107", ("Garden Room", "River Room"), [(WORKDAYS, time(9), time(18))]),
}

# Two people are Downtown on every day of the week, or one there and two at Riverside.
SHIFTS: dict[str, list[tuple[str, Iterable[int], time, time]]] = {
    "Maya Lindqvist, NP": [(DOWNTOWN, WORKDAYS, time(8), time(16))],
    "Theo Nakamura, RN": [(DOWNTOWN, (0, 1, 2, 3), time(12), time(20)), (DOWNTOWN, (6,), time(9), time(18))],
    "Priya Raman, PA-C": [
        (DOWNTOWN, (0, 4), time(12), time(20)),
        (RIVERSIDE, (2,), time(9), time(18)),
        (DOWNTOWN, WEEKEND, time(9), time(18)),
    ],
    "Dr. Ines Calloway": [(RIVERSIDE, (0, 1, 3, 4), time(9), time(18)), (DOWNTOWN, (5,), time(9), time(18))],
}
DOESNT_PERFORM = {"Theo Nakamura, RN": ("Microneedling, abdomen",), "Dr. Ines Calloway": ("Microneedling, scalp",)}


@dataclass(frozen=True)
class Clinic:
    treatments: list[Treatment]
    rooms: dict[int, list[Room]]  # by location
    shifts: list[WorkingHours]
    performs: dict[int, set[int]]  # practitioner → treatments
    closures: list[Closure]


def create_clinic(today: date, clinician: User) -> Clinic:
    treatments = [Treatment.objects.create(**content) for content in TREATMENTS]
    locations = {name: _location(name, premises) for name, premises in LOCATIONS.items()}
    closures = [
        Closure.objects.create(
            location=locations[RIVERSIDE],
            starts_on=today + timedelta(days=18),
            ends_on=today + timedelta(days=19),
            reason="new treatment lights",
        )
    ]
    shifts: list[WorkingHours] = []
    performs = {}
    for name, weekly in SHIFTS.items():
        practitioner = Practitioner.objects.create(name=name, user=clinician if name.startswith("Maya") else None)
        practitioner.locations.set({locations[shift[0]] for shift in weekly})
        own = [treatment for treatment in treatments if treatment.name not in DOESNT_PERFORM.get(name, ())]
        practitioner.treatments.set(own)
        performs[practitioner.pk] = {treatment.pk for treatment in own}
        shifts += WorkingHours.objects.bulk_create(
            WorkingHours(practitioner=practitioner, location=locations[where], weekday=weekday, opens_at=opens_at, closes_at=closes_at)
            for where, weekdays, opens_at, closes_at in weekly
            for weekday in weekdays
        )
    rooms = {location.pk: list(location.room_set.order_by("name")) for location in locations.values()}
    return Clinic(treatments, rooms, shifts, performs, closures)


def _location(name: str, premises: Premises) -> Location:
    location = Location.objects.create(name=name, address=premises.address, phone=premises.phone)
    Room.objects.bulk_create(Room(location=location, name=room) for room in premises.rooms)
    OpeningHours.objects.bulk_create(
        OpeningHours(location=location, weekday=weekday, opens_at=opens_at, closes_at=closes_at)
        for weekdays, opens_at, closes_at in premises.hours
        for weekday in weekdays
    )
    return location
