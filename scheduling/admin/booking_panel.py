"""What the desk reads beside the booking form: how far she is, the first day that the skin allows, and the next free times."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.timezone import localtime

from scheduling import services
from scheduling.admin.free_times import Day, Time
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused, TooSoon
from scheduling.models import Appointment, Location, Patient, Practitioner, Room, Treatment
from scheduling.reports import Outlook, outlook
from scheduling.services import Slot, free_slots
from scheduling.services.booking import FARTHEST
from scheduling.services.warnings import warnings_on

DAYS_SEARCHED = 28
DAYS_SHOWN = 4
TIMES_A_DAY = 8
MOST_SLOTS = 1500  # as many quarter hours as a large clinic has free in two days


@dataclass(frozen=True, slots=True)
class Wanted:
    """A time that somebody chose, or that the board brought along. `starts_at` is aware."""

    practitioner: Practitioner
    room: Room
    starts_at: datetime

    @property
    def local_time(self) -> datetime:
        """On the room's clock, and without a zone: a template would turn it into the server's."""
        return localtime(self.starts_at, self.room.location.zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Panel:
    outlook: Outlook | None  # None: she is new
    warnings: list[str]
    wanted: Wanted | None = None
    refusal: BookingRefused | None = None  # why the wanted time doesn't suit
    from_date: date | None = None
    days: list[Day] = field(default_factory=list)
    later: date | None = None  # from where on the next ones are looked for
    coming: Appointment | None = None  # one that she has already: she may want to move it


@dataclass(frozen=True, slots=True)
class Asked:
    """What the desk looks for. `from_date` and `all_of` are None where nobody said."""

    patient: Patient | None
    newcomer: Patient | None  # unsaved, as far as she is known, in place of a patient
    treatment: Treatment
    location: Location
    practitioner: Practitioner | None
    from_date: date | None
    all_of: date | None
    wanted: Wanted | None


def panel(asked: Asked, now: datetime) -> Panel:
    today = localtime(now, asked.location.zone).date()
    wanted, refusal = asked.wanted, _refusal(asked, now)
    day = wanted.local_time.date() if wanted else None
    seen = outlook(asked.patient, asked.treatment, location=asked.location, day=day, now=now) if asked.patient else None
    warnings = seen.warnings if seen else warnings_on(day or today, asked.newcomer, after=None, last_day=None) if asked.newcomer else []
    start = max(asked.from_date or _from(wanted, refusal) or today, seen.first_on if seen else today, today)
    start = min(start, today + FARTHEST)  # nothing is booked later, whatever year was typed
    days, later = _days(asked, start, now)
    return Panel(seen, warnings, wanted, refusal, start, days, later, _coming(asked, now))


def _coming(asked: Asked, now: datetime) -> Appointment | None:
    ahead = Appointment.objects.filter(patient=asked.patient, course__treatment=asked.treatment, status=Status.BOOKED)
    return ahead.filter(during__startswith__gt=now).order_by("during").first() if asked.patient else None


def _refusal(asked: Asked, now: datetime) -> BookingRefused | None:
    if asked.wanted is None:
        return None
    wanted = asked.wanted
    return services.why_not(
        patient=asked.patient,
        treatment=asked.treatment,
        practitioner=wanted.practitioner,
        room=wanted.room,
        starts_at=wanted.starts_at,
        now=now,
    )


def _from(wanted: Wanted | None, refusal: BookingRefused | None) -> date | None:
    """The nearest times are those of the day asked for, or of the first one that the skin allows from there."""
    if isinstance(refusal, TooSoon):
        return refusal.earliest
    return wanted.local_time.date() if wanted else None


def _days(asked: Asked, start: date, now: datetime) -> tuple[list[Day], date]:
    slots = free_slots(
        treatment=asked.treatment,
        location=asked.location,
        from_date=start,
        days=DAYS_SEARCHED,
        patient=asked.patient,
        practitioner=asked.practitioner,
        limit=MOST_SLOTS,
        now=now,
    )
    zone = asked.location.zone
    by_day: dict[date, list[Slot]] = {}
    for slot in slots:
        by_day.setdefault(localtime(slot.starts_at, zone).date(), []).append(slot)
    shown = list(by_day)[:DAYS_SHOWN]
    days = [_day(asked, on, by_day[on]) for on in shown]
    is_more = len(by_day) > DAYS_SHOWN or len(slots) == MOST_SLOTS
    return days, (shown[-1] + timedelta(days=1)) if is_more and shown else start + timedelta(days=DAYS_SEARCHED)


def _day(asked: Asked, on: date, slots: list[Slot]) -> Day:
    zone, wanted = asked.location.zone, asked.wanted
    near = wanted.starts_at if wanted and localtime(wanted.starts_at, zone).date() == on else None
    length = timedelta(minutes=asked.treatment.duration_minutes + asked.treatment.turnaround_minutes)
    few = slots if asked.all_of == on else sorted(_one_after_the_other(slots, length, near), key=_order)
    return Day(on, [Time(slot, is_chosen=_is(slot, wanted)) for slot in few], len(slots) - len(few))


def _one_after_the_other(slots: Iterable[Slot], length: timedelta, near: datetime | None) -> list[Slot]:
    """A few of a day's quarter hours, each practitioner's without overlap: they leave no gap in the diary that nobody fits into.
    The nearest to the time asked for, or the first ones."""
    chosen: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: (abs(slot.starts_at - near), *_order(slot))) if near else slots:
        overlapping = (
            other for other in chosen if other.practitioner == slot.practitioner and abs(other.starts_at - slot.starts_at) < length
        )
        if not any(overlapping):
            chosen.append(slot)
        if len(chosen) == TIMES_A_DAY:
            break
    return chosen


def _order(slot: Slot) -> tuple[Any, ...]:
    return slot.starts_at, slot.practitioner.name


def _is(slot: Slot, wanted: Wanted | None) -> bool:
    return wanted is not None and (slot.starts_at, slot.practitioner) == (wanted.starts_at, wanted.practitioner)
