"""Which free times a move is offered: a few a day, near the hour that was asked for, rather than every quarter of an hour."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from scheduling.admin.free_times import Day, Time
from scheduling.models import Appointment
from scheduling.services import Slot

DAYS = 6
A_DAY = 4


def days_of(slots: Iterable[Slot], appointment: Appointment, near: datetime | None) -> list[Day]:
    """The days nearest to `near`, or the first ones, each with its times nearest to that hour, or to the appointment's own."""
    zone = appointment.zone
    hour = (near or appointment.starts_at).astimezone(zone)
    by_day = [(day, list(of_day)) for day, of_day in groupby(slots, key=lambda slot: slot.starts_at.astimezone(zone).date())]
    if near:
        by_day = sorted(by_day, key=lambda day_and_slots: abs(day_and_slots[0] - hour.date()))
    chosen = sorted(by_day[:DAYS], key=lambda day_and_slots: day_and_slots[0])
    return [Day(day, _times(of_day, appointment, hour, zone)) for day, of_day in chosen]


def _times(slots: list[Slot], appointment: Appointment, hour: datetime, zone: ZoneInfo) -> list[Time]:
    """One for each time, with her own practitioner where she is free then; full hours before others."""
    at_time: dict[datetime, Slot] = {}
    for slot in slots:
        if slot.starts_at not in at_time or slot.practitioner == appointment.practitioner:
            at_time[slot.starts_at] = slot

    def unlike(slot: Slot) -> tuple[bool, timedelta]:
        local = slot.starts_at.astimezone(zone)
        apart = abs(timedelta(hours=local.hour - hour.hour, minutes=local.minute - hour.minute))
        return bool(local.minute and apart), apart

    nearest = sorted(at_time.values(), key=unlike)[:A_DAY]
    return [Time(slot) for slot in sorted(nearest, key=lambda slot: slot.starts_at)]
