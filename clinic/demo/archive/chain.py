"""The chain around the demo's clinic: as many locations, rooms and practitioners as so many patients need."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import time
from itertools import product
from math import ceil
from pathlib import Path
from random import Random

import phonenumbers

from clinic.demo.archive.lives import Offered, Practice, courses_before
from clinic.demo.names import NAMES
from scheduling.models import Location, OpeningHours, Practitioner, Room, Treatment
from scheduling.models.practitioners import WorkingHours

CITIES = tomllib.loads((Path(__file__).parent / "cities.toml").read_text(encoding="utf-8"))

PATIENTS_EACH = 1400  # of a practitioner, who treats about eight a day
PRACTITIONERS_EACH = 6  # of a location, each in a room of her own
OPEN = range(7)
LETTERS = ("NP", "RN", "PA-C", "MD")

# Weekdays, and minutes of the day: early or late, on four days or five.
SHIFTS = (
    ((0, 1, 2, 3, 4), 8 * 60, 18 * 60),
    ((1, 2, 3, 4, 5), 9 * 60 + 30, 19 * 60 + 30),
    ((0, 1, 3, 4, 6), 8 * 60, 18 * 60),
    ((0, 2, 3, 4, 5), 9 * 60, 19 * 60),
)


def create_chain(patients: int, random: Random, treatments: Sequence[Treatment], first_patient: int, first_course: int) -> list[Practice]:
    """Who treats which of them, and where."""
    practitioners = _practitioners(ceil(patients / PATIENTS_EACH), random)
    locations = _locations(ceil(len(practitioners) / PRACTITIONERS_EACH))
    rooms = {location.pk: tuple(location.room_set.order_by("pk").values_list("pk", flat=True)) for location in locations}
    practices = []
    for turn, practitioner in enumerate(practitioners):
        location = locations[turn % len(locations)]
        weekdays, opens, closes = SHIFTS[turn % len(SHIFTS)]
        first, until = (patients * number // len(practitioners) for number in (turn, turn + 1))
        practices.append(
            Practice(
                id=practitioner.pk,
                location=location.pk,
                rooms=rooms[location.pk],
                turn=turn // len(locations),
                zone=location.time_zone,
                weekdays=weekdays,
                opens=opens,
                closes=closes,
                offers=tuple(_offered(treatment) for treatment in treatments),
                number=until - first,
                first=first,
                first_patient=first_patient + first,
                first_course=first_course + courses_before(first),
            )
        )
    _set_up(practices)
    return practices


def area_codes() -> tuple[int, ...]:
    """Of the United States: with them there are some thirty thousand numbers that are nobody's."""
    return tuple(code for code in range(201, 990) if _is_area(phonenumbers.parse(f"+1{code}5550110")))


def _is_area(number: phonenumbers.PhoneNumber) -> bool:
    return (
        phonenumbers.is_valid_number_for_region(number, "US")
        and phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    )


def _practitioners(number: int, random: Random) -> list[Practitioner]:
    names = [f"{first} {last}" for first, last in product(NAMES["en"]["first"], NAMES["en"]["last"])]
    random.shuffle(names)
    return Practitioner.objects.bulk_create(
        Practitioner(name=f"{names[turn % len(names)]}, {LETTERS[turn % len(LETTERS)]}") for turn in range(number)
    )


def _locations(number: int) -> list[Location]:
    locations = Location.objects.bulk_create(
        Location(
            name=name,
            address=f"{100 + turn} Larch Street",
            phone=f"+1{city['area_code']}55501{turn // len(CITIES['cities']) % 10:02}",
            time_zone=city["time_zone"],
        )
        for turn, (name, city) in zip(range(number), _places(), strict=False)
    )
    Room.objects.bulk_create(
        Room(location=location, name=f"Room {room}") for location in locations for room in range(1, PRACTITIONERS_EACH + 1)
    )
    OpeningHours.objects.bulk_create(
        OpeningHours(location=location, weekday=weekday, opens_at=time(8), closes_at=time(20)) for location in locations for weekday in OPEN
    )
    return locations


def _places() -> Iterator[tuple[str, dict[str, str]]]:
    """One in each city, then one in each city's next quarter; more than that have numbers."""
    rounds = ("", *(f" {number}" for number in range(2, 1000)))
    for suffix, quarter, city in product(rounds, CITIES["quarters"], CITIES["cities"]):
        yield f"Juniper Skin {city['name']} {quarter}{suffix}", city


def _set_up(practices: list[Practice]) -> None:
    Practitioner.locations.through.objects.bulk_create(
        Practitioner.locations.through(practitioner_id=practice.id, location_id=practice.location) for practice in practices
    )
    Practitioner.treatments.through.objects.bulk_create(
        Practitioner.treatments.through(practitioner_id=practice.id, treatment_id=offer.id)
        for practice in practices
        for offer in practice.offers
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(
            practitioner_id=practice.id,
            location_id=practice.location,
            weekday=weekday,
            opens_at=_time(practice.opens),
            closes_at=_time(practice.closes),
        )
        for practice in practices
        for weekday in practice.weekdays
    )


def _offered(treatment: Treatment) -> Offered:
    return Offered(
        id=treatment.pk,
        skin_area=str(treatment.skin_area),
        duration=treatment.duration_minutes,
        minutes=treatment.duration_minutes + treatment.turnaround_minutes,
        least=treatment.minimum_interval_days,
        most=treatment.recommended_within_days,
        planned=treatment.planned_sessions,
        months=treatment.maintenance_months,
        price=str(treatment.list_price),
    )


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
