"""Who waits for an earlier time, and who doesn't any more."""

from datetime import date, datetime, time

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from scheduling.domain.states import Status
from scheduling.errors import AlreadyWaiting, CantWait, PatientErased
from scheduling.models import Appointment, Location, Offer, Patient, Practitioner, Treatment, WaitlistEntry
from scheduling.services.knowing import require_known
from scheduling.services.saving import locked
from scheduling.signals import openings_due


@transaction.atomic
def wait(
    *,
    patient: Patient,
    treatment: Treatment,
    location: Location,
    first_on: date,
    last_on: date,
    practitioner: Practitioner | None = None,
    starts_from: time | None = None,
    starts_until: time | None = None,
    appointment: Appointment | None = None,
    by: User | None = None,
    now: datetime | None = None,
) -> WaitlistEntry:
    """Put a patient on the waitlist, for a day from `first_on` to `last_on` and a start from `starts_from` to `starts_until`, both
    inclusive and on the clock at the location. `appointment` is the time that she gives up for it.

    What has become free already is offered to her, too. Raises AlreadyWaiting, PatientErased, and CantWait where that makes
    no sense.
    """
    now = now or timezone.now()
    today = now.astimezone(location.zone).date()
    require_known(patient)
    if last_on < today:
        raise CantWait("The last day has passed already. Please choose a later one.")
    if first_on > last_on or (starts_from and starts_until and starts_from > starts_until):
        raise CantWait("That is over before it begins. Please check the days and the times.")
    if appointment is not None:
        appointment = locked(appointment)
        if (appointment.patient_id, appointment.course.treatment_id) != (patient.pk, treatment.pk):
            raise CantWait("That appointment is another patient's, or for another treatment.")
        if appointment.status != Status.BOOKED:
            raise CantWait(f"That appointment is {appointment.get_status_display()}, so there is nothing to give up.")
        if first_on > appointment.local_day:
            raise CantWait("Those days are all after the appointment that would be given up.")
    end_outlived(location, now)
    entry = WaitlistEntry(
        patient=patient,
        treatment=treatment,
        location=location,
        practitioner=practitioner,
        appointment=appointment,
        first_on=first_on,
        last_on=last_on,
        starts_from=starts_from,
        starts_until=starts_until,
        created_at=now,
        created_by=by,
    )
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        if "waits_once_for_a_treatment" not in str(error):
            raise
        raise AlreadyWaiting(f"{patient.first_name} waits for that already. Take the other entry off the list first.") from error
    openings_due.send(WaitlistEntry)
    return entry


@transaction.atomic
def withdraw(entry: WaitlistEntry, *, now: datetime | None = None) -> WaitlistEntry:
    """She doesn't wait any more; what is offered to her just now goes to the next. One who has taken a time stays as she is.

    Raises PatientErased.
    """
    now = now or timezone.now()
    entry = hold_entry(entry.pk)
    if entry.status != WaitlistEntry.Status.WAITING:
        return entry
    entry.status, entry.closed_at = WaitlistEntry.Status.WITHDRAWN, now
    entry.save(update_fields=["status", "closed_at"])
    if Offer.objects.filter(entry=entry, outcome=Offer.Outcome.OPEN).update(outcome=Offer.Outcome.DECLINED, answered_at=now):
        openings_due.send(WaitlistEntry)
    return entry


def hold_entry(pk: int) -> WaitlistEntry:
    """As it is now. Requires a transaction. Raises PatientErased: an entry goes with its patient only."""
    entries = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).select_related("patient", "treatment")
    entry = entries.filter(pk=pk).first()
    if entry is None:
        raise PatientErased
    return entry


def end_outlived(location: Location, now: datetime) -> None:
    """Whose last day is past waits no more; what she was offered that day has begun by now."""
    outlived = WaitlistEntry.objects.filter(location=location, status=WaitlistEntry.Status.WAITING)
    outlived.filter(last_on__lt=now.astimezone(location.zone).date()).update(status=WaitlistEntry.Status.OVER, closed_at=now)


def wait_no_more(appointment: Appointment, *, now: datetime) -> None:
    """The appointment won't take place: nobody waits for an earlier time instead of it. Requires its lock, and a transaction."""
    for entry in WaitlistEntry.objects.filter(appointment=appointment, status=WaitlistEntry.Status.WAITING):
        withdraw(entry, now=now)
