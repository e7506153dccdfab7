"""A small clinic in New York and the people in it. Tests tell their stories with it."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from aftercare.models import CareMessage, Protocol
from aftercare.services import give_consent, load_protocol
from aftercare.services.protocols.loading import read_protocol
from notifications.models import Message
from scheduling import services as scheduling
from scheduling.models import Appointment, Location, Patient, Practitioner, Room, Treatment

NEW_YORK = ZoneInfo("America/New_York")
WEEK = timedelta(weeks=1)


def at(day: str, clock: str = "13:00", zone: str = "America/New_York") -> datetime:
    """at("2026-11-03", "14:00"): that time on the clinic's clock."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo(zone))


def local(instant: datetime, zone: str = "America/New_York") -> str:
    """“Tue 3 Nov 14:00” on the clinic's clock."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"


TODAY = at("2026-10-26", "09:00")  # a Monday; what is booked below lies after it
FIRST = at("2026-11-03", "13:00")  # Ana's first session, a Tuesday: it ends at 14:00


@dataclass
class Clinic:
    location: Location
    room: Room
    other_room: Room
    dana: Practitioner
    eli: Practitioner
    face: Treatment
    scalp: Treatment
    ana: Patient
    ben: Patient
    chloe: Patient

    def book(self, patient: Patient, starts_at: datetime = FIRST, **changed: object) -> Appointment:
        """With Dana, in the first room, for the face, made on TODAY, unless `changed`."""
        wanted = {"treatment": self.face, "practitioner": self.dana, "room": self.room, "now": TODAY} | changed
        return scheduling.book(patient=patient, starts_at=starts_at, **wanted)

    def treat(self, patient: Patient, starts_at: datetime = FIRST, **changed: object) -> Appointment:
        """Booked a minute before it starts, and completed when it should end."""
        booked = self.book(patient, starts_at, **({"now": starts_at - timedelta(minutes=1)} | changed))
        return scheduling.complete(booked, now=booked.ends_at)

    def agrees_to_recalls(self, *patients: Patient, channels: Sequence[str] = ("sms",)) -> None:
        for patient in patients:
            for channel in channels:
                give_consent(patient, "recall", channel, source="front desk", now=TODAY - WEEK)

    def comes_due(self) -> None:
        """On 20 December: Ana's next session is five days late, Ben's is booked, Chloe's is due in a week; no message may go to Chloe."""
        self.agrees_to_recalls(self.ana, self.ben)
        self.treat(self.ana)
        self.treat(self.ben, FIRST + timedelta(hours=3))
        self.treat(self.chloe, FIRST + timedelta(days=12))
        self.book(self.ben, at("2026-12-22"), now=at("2026-12-01"))

    def consents(self, patient: Patient, *channels: str) -> Patient:
        for channel in channels or ("sms", "email"):
            give_consent(patient, "care", channel, source="front desk", now=TODAY - WEEK)
        return patient


def open_clinic() -> Clinic:
    location = Location.objects.create(
        name="Maple Street Clinic", address="1 Maple Street, New York", phone="+12125550100", time_zone="America/New_York"
    )
    room, other_room = (Room.objects.create(location=location, name=name) for name in ("Room 1", "Room 2"))
    face, scalp = (
        Treatment.objects.create(name=f"Microneedling, {area}", skin_area=area, duration_minutes=60, turnaround_minutes=15)
        for area in ("face", "scalp")
    )
    dana, eli = (Practitioner.objects.create(name=name) for name in ("Dana Diaz", "Eli Evans"))
    for practitioner in (dana, eli):
        practitioner.locations.add(location)
        practitioner.treatments.add(face, scalp)
    if not Protocol.objects.exists():  # a test that commits has emptied the tables, and what the migration wrote with them
        load_protocol(read_protocol("microneedling"), now=TODAY - WEEK)
    ana, ben, chloe = (patient(name, number) for number, name in enumerate(("Ana Alvarez", "Ben Brooks", "Chloe Chen"), start=1))
    return Clinic(location, room, other_room, dana, eli, face, scalp, ana, ben, chloe)


def patient(name: str, number: int, **fields: object) -> Patient:
    first_name, last_name = name.split()
    return Patient.objects.create(
        **{
            "first_name": first_name,
            "last_name": last_name,
            "birth_date": date(1990, 5, 17),
            "phone": f"+1212555{100 + number:04}",
            "email": f"{first_name.lower()}{number}@example.org",
            "time_zone": "America/New_York",
        }
        | fields
    )


def outbox(status: str = "scheduled", **about: object) -> list[Message]:
    return list(Message.objects.filter(status=status, **about).order_by("send_at", "pk"))


def ledger(**about: object) -> list[CareMessage]:
    return list(CareMessage.objects.filter(**about).select_related("message").order_by("planned_for", "pk"))


def wait_until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Look every 20 ms; an AssertionError when it hasn't come true in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.02)


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it is looked at once
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone()[0]


@contextmanager
def past_triggers() -> Iterator[None]:
    """As PostgreSQL's superuser: what no trigger of ours holds. For the rest of the test's transaction at most."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
