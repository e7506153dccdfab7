"""What becomes of an appointment: each step along the legal arrows, under a lock, with what follows from it."""

from datetime import datetime, time

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.formats import date_format

from scheduling.domain.states import COMING, Status, may_become
from scheduling.errors import IllegalMove
from scheduling.models import Appointment, Product
from scheduling.services.opening import open_up
from scheduling.services.recalls import hold, refresh
from scheduling.services.saving import all_or_nothing, locked, save_or_refuse
from scheduling.services.waiting import wait_no_more
from scheduling.signals import appointment_arrived, appointment_cancelled, appointment_completed, appointment_reopened

By = User | None


@all_or_nothing
def arrive(appointment: Appointment, *, by: By = None, now: datetime | None = None) -> Appointment:
    """The patient is here. Also for one who was marked a no-show and came after all, if time and room are still free."""
    now = now or timezone.now()
    current = locked(appointment)
    if current.status == Status.FULFILLED:
        raise _illegal(current, Status.ARRIVED)  # that way back is `reopen`
    if current.day_of(now) < current.local_day:
        raise IllegalMove(f"This appointment is on {date_format(current.local_day, 'F j, Y')}: nobody can arrive for it before.")
    # A no-show comes back under the interval that her course has by now.
    arrived = _become(current, Status.ARRIVED, by, now, minimum_interval_days=current.course.minimum_interval_days)
    appointment_arrived.send(Appointment, appointment=arrived, now=now)
    return arrived


@all_or_nothing
def undo_arrival(appointment: Appointment, *, by: By = None, now: datetime | None = None) -> Appointment:
    """Somebody else was meant: she isn't here yet. Messages about the appointment weren't touched by her arrival."""
    return _become(locked(appointment), Status.BOOKED, by, now or timezone.now())


@all_or_nothing
def complete(
    appointment: Appointment,
    *,
    completed_at: datetime | None = None,
    product: Product | None = None,
    wants_quiet_nights: bool | None = None,
    by: By = None,
    now: datetime | None = None,
) -> Appointment:
    """The session is over; aftercare counts from `completed_at`, its actual end (F16).

    Without one it is `usual_end`. It may be before the booked start, where the session was brought forward on its day and the patient had
    arrived. `product` is what goes on the skin from now on (F16); with `wants_quiet_nights` the patient was asked
    once more. Raises IllegalMove.
    """
    now = now or timezone.now()
    appointment = locked(appointment)
    completed_at = require_end(appointment, completed_at, now)
    completed = _become(appointment, Status.FULFILLED, by, now, completed_at=completed_at)
    patient = completed.patient
    if wants_quiet_nights is not None and wants_quiet_nights != patient.wants_quiet_nights:
        patient.wants_quiet_nights, patient.changed_by = wants_quiet_nights, by
        patient.save(update_fields=["wants_quiet_nights"])
    appointment_completed.send(Appointment, appointment=completed, product=product, now=now)
    return completed


def require_end(appointment: Appointment, completed_at: datetime | None, now: datetime) -> datetime:
    """The session's end as it is given, or else the usual one, where it may be completed with that. Raises IllegalMove."""
    require_legal(appointment, Status.FULFILLED)
    if completed_at is None:
        completed_at = usual_end(appointment, now)
    if completed_at > now:
        raise IllegalMove("A session can't be completed before it is over. Please check the end time.")
    if completed_at < _earliest_end(appointment, now):
        if now < appointment.starts_at and appointment.status == Status.BOOKED:
            raise IllegalMove("This session hasn't started yet. If it was brought forward, mark the patient as arrived, then complete it.")
        raise IllegalMove("The end of the session can't be before its start. Please check the end time.")
    return completed_at


def _earliest_end(appointment: Appointment, now: datetime) -> datetime:
    """The booked start, or the patient's arrival before it. Until that start has come, she may be marked as arrived after the end."""
    if appointment.status != Status.ARRIVED:
        return appointment.starts_at
    if now < appointment.starts_at:
        return datetime.combine(appointment.local_day, time.min, tzinfo=appointment.zone)
    return min(appointment.starts_at, appointment.status_at)


def usual_end(appointment: Appointment, now: datetime) -> datetime:
    """When the session ended, for want of better knowledge: now, or as planned once its own day has passed."""
    return now if appointment.day_of(now) == appointment.local_day else appointment.ends_at


@all_or_nothing
def reopen(appointment: Appointment, *, by: By = None, now: datetime | None = None) -> Appointment:
    """Take a completion back: it was the wrong patient or the wrong time."""
    now = now or timezone.now()
    appointment = locked(appointment)
    if appointment.status != Status.FULFILLED:
        raise IllegalMove("Only a completed appointment can be reopened.")
    reopened = _become(appointment, Status.ARRIVED, by, now, completed_at=None)
    appointment_reopened.send(Appointment, appointment=reopened, now=now)
    return reopened


@all_or_nothing
def cancel(appointment: Appointment, *, reason: str, by: By = None, now: datetime | None = None) -> Appointment:
    """The session won't take place. Its time, room and skin are free again, for those who wait, and the messages about it are gone."""
    now = now or timezone.now()
    cancelled = _close(locked(appointment), Status.CANCELLED, by, now, reason)
    open_up(cancelled, now=now)
    return cancelled


@all_or_nothing
def mark_no_show(appointment: Appointment, *, by: By = None, now: datetime | None = None) -> Appointment:
    """The patient didn't come. Raises IllegalMove before the appointment's start."""
    now = now or timezone.now()
    appointment = locked(appointment)
    if now < appointment.starts_at:
        raise IllegalMove("The appointment hasn't started yet, so nobody has missed it. Cancel it instead.")
    return _close(appointment, Status.NOSHOW, by, now)


def _close(appointment: Appointment, status: Status, by: By, now: datetime, reason: str = "") -> Appointment:
    closed = _become(appointment, status, by, now, status_reason=reason)
    appointment_cancelled.send(Appointment, appointment=closed, now=now)
    return closed


def _become(current: Appointment, status: Status, by: By, now: datetime, **fields: object) -> Appointment:
    """One guarded step of a locked appointment."""
    require_legal(current, status)
    fields |= {"status": status.value, "status_at": now, "status_by": by}
    for name, value in fields.items():
        setattr(current, name, value)
    hold([current.patient_id])  # as whoever hears of the step requires, too
    save_or_refuse(current, lambda: current.save(update_fields=list(fields)))
    refresh([current.patient_id])
    if status not in COMING:
        wait_no_more(current, now=now)
    return current


def require_legal(current: Appointment, status: Status) -> None:
    """Raises IllegalMove where no arrow leads from the appointment's status to that one."""
    if not may_become(Status(current.status), status):
        raise _illegal(current, status)


def _illegal(current: Appointment, status: Status) -> IllegalMove:
    if current.status == Status.ARRIVED and status == Status.NOSHOW:
        return IllegalMove("The patient was checked in. If that was a mistake, press “Not here yet” first, and then “No-show”.")
    wanted = Appointment(status=status.value).get_status_display()
    return IllegalMove(f"This appointment is {current.get_status_display()}, so it can't become {wanted}.")
