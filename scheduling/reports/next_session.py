"""When the patient could come again after an appointment, and the times that would suit her."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from django.utils.timezone import localtime

from scheduling.models import Appointment, Practitioner
from scheduling.reports.outlook import Outlook, outlook
from scheduling.services.free_slots import MOST_SLOTS, Slot, free_slots

AROUND_MAINTENANCE = timedelta(days=14)  # before and after the day on which it is due (F20)
WITHOUT_WINDOW = timedelta(days=14)  # for a first session, and for one whose window is past
MOST_DAYS_SHOWN, MOST_A_DAY = 6, 3
FEW_DAYS = 3
APART = 90  # minutes, or the times of a day would all be much the same

Days = list[tuple[date, list[Slot]]]


@dataclass(frozen=True, slots=True)
class NextSession:
    """`booked` is what she has in the diary already. Times are looked for from `first_on` to `last_on`, clinic-local days: in the
    recommended window (F19), around the day on which maintenance is due (F20), or from the first day that the skin allows."""

    outlook: Outlook
    booked: Appointment | None
    first_on: date
    last_on: date


def next_session(appointment: Appointment, *, now: datetime) -> NextSession:
    """As it will be once the appointment is completed, or as it is after one that was missed or cancelled. A constant number of queries."""
    course = appointment.course
    ahead = outlook(appointment.patient, course.treatment, location=appointment.location, now=now)
    others = Appointment.objects.coming().filter(course__patient=course.patient_id, course__treatment=course.treatment_id)
    booked = others.filter(during__startswith__gt=max(now, appointment.starts_at)).exclude(pk=appointment.pk).order_by("during").first()
    first_on, last_on = ahead.first_on, ahead.recommended_until
    if last_on and ahead.is_maintenance:
        first_on, last_on = max(first_on, last_on - AROUND_MAINTENANCE), last_on + AROUND_MAINTENANCE
    elif ahead.recommended_from:
        first_on = max(first_on, ahead.recommended_from)
    if last_on is None or last_on < first_on:
        last_on = first_on + WITHOUT_WINDOW
    return NextSession(ahead, booked, first_on, last_on)


def times_for(appointment: Appointment, ahead: NextSession, *, now: datetime) -> tuple[Days, Days]:
    """A few free times on a few days, near the usual weekday and time of day: with the same practitioner, and, where those are few, with
    others."""
    same = _chosen(_free(appointment, ahead, now, practitioner=appointment.practitioner), appointment, ahead)
    if len(same) >= FEW_DAYS:
        return same, []
    anybody = _free(appointment, ahead, now, practitioner=None)
    others = [slot for slot in anybody if slot.practitioner != appointment.practitioner]
    return same, _chosen(others, appointment, ahead)


def _chosen(slots: Sequence[Slot], appointment: Appointment, ahead: NextSession) -> Days:
    wanted_on = ahead.outlook.recommended_until if ahead.outlook.is_maintenance else None
    usual = localtime(appointment.starts_at, appointment.zone)
    days = {day: list(of_day) for day, of_day in groupby(slots, key=lambda slot: localtime(slot.starts_at, appointment.zone).date())}
    nearest = sorted(days, key=lambda day: (day.weekday() != usual.weekday(), abs(day - (wanted_on or ahead.first_on))))
    return [(day, _spread(days[day], usual.time(), appointment)) for day in sorted(nearest[:MOST_DAYS_SHOWN])]


def _free(appointment: Appointment, ahead: NextSession, now: datetime, *, practitioner: Practitioner | None) -> Sequence[Slot]:
    if not appointment.course.treatment.is_active:
        return []
    return free_slots(
        treatment=appointment.course.treatment,
        location=appointment.location,
        from_date=ahead.first_on,
        days=(ahead.last_on - ahead.first_on).days + 1,
        patient=appointment.patient,
        practitioner=practitioner,
        limit=MOST_SLOTS,
        now=now,
    )


def _spread(slots: Iterable[Slot], usual: time, appointment: Appointment) -> list[Slot]:
    """The nearest to the usual time of day, and others well apart from it and from each other, in order of time."""
    chosen: dict[int, Slot] = {}
    minutes_of_usual = usual.hour * 60 + usual.minute
    by_minute = [(localtime(slot.starts_at, appointment.zone), slot) for slot in slots]
    in_minutes = [(local.hour * 60 + local.minute, slot) for local, slot in by_minute]
    for minute, slot in sorted(in_minutes, key=lambda one: abs(one[0] - minutes_of_usual)):
        if len(chosen) < MOST_A_DAY and all(abs(minute - other) >= APART for other in chosen):
            chosen[minute] = slot
    return [chosen[minute] for minute in sorted(chosen)]
