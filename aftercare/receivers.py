"""What follows from what happened to an appointment, a patient, a message or an address: the only listener across apps."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.dispatch import receiver

from aftercare import services
from aftercare.services.recalls.stopping import ARRIVED, BOOKED, CAME_BACK
from aftercare.signals import recalls_wanted
from aftercare.tasks import wake_recalls
from notifications.models import Reply
from notifications.signals import address_opted_in, address_opted_out, message_failed, reply_received
from scheduling.models import Appointment, Location, Offer, Patient, Product, RecallAction
from scheduling.signals import (
    appointment_answered,
    appointment_arrived,
    appointment_booked,
    appointment_cancelled,
    appointment_completed,
    appointment_moved,
    appointment_reopened,
    patient_changed,
    slot_offered,
    taken_off_the_list,
)


@receiver(appointment_booked)
def booked(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.tell_of_booking(appointment, now=now)
    services.stop_recalls([appointment.patient_id], reason=BOOKED, now=now)


@receiver(appointment_moved)
def moved(
    appointment: Appointment,
    previous_starts_at: datetime,
    previous_location: Location,
    along: list[Appointment],
    now: datetime,
    **kwargs: Any,
) -> None:
    services.tell_of_move(appointment, previous_starts_at=previous_starts_at, previous_location=previous_location, along=along, now=now)
    if previous_starts_at < now:  # one that was missed hid nobody
        _asked_back_no_more(appointment, BOOKED, now)


@receiver(appointment_arrived)
def arrived(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    """A no-show that comes after all, or one of yesterday whom nobody had marked, hid nobody."""
    services.stop_recalls([appointment.patient_id], reason=ARRIVED, now=now)


@receiver(appointment_cancelled)
def cancelled(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.tell_of_cancellation(appointment, now=now)


@receiver(appointment_completed)
def completed(appointment: Appointment, product: Product | None, now: datetime, **kwargs: Any) -> None:
    services.tell_of_completion(appointment, product=product, now=now)
    _asked_back_no_more(appointment, CAME_BACK, now)


@receiver(appointment_reopened)
def reopened(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.tell_of_reopening(appointment, now=now)


@receiver(appointment_answered)
def answered(appointment: Appointment, now: datetime, **kwargs: Any) -> None:
    services.follow_answer(appointment, now=now)


@receiver(slot_offered)
def offered(offer: Offer, now: datetime, **kwargs: Any) -> bool:
    return services.tell_of_offer(offer, now=now)


@receiver(patient_changed)
def changed(patient: Patient, previous: Patient, by: User | None, now: datetime, **kwargs: Any) -> None:
    services.follow(patient, previous, by=by, now=now)


@receiver(message_failed)
def failed(reference: str, now: datetime, **kwargs: Any) -> None:
    services.hasten(reference, now=now)  # what a patient was to be told waits for `tell_by_email`


@receiver(address_opted_out)
def opted_out(channel: str, address: str, now: datetime, **kwargs: Any) -> None:
    services.opt_out(channel, address, now=now)


@receiver(address_opted_in)
def opted_in(channel: str, address: str, now: datetime, **kwargs: Any) -> None:
    services.opt_in(channel, address, now=now)


@receiver(reply_received)
def replied(reply: Reply, now: datetime, is_settled: bool = False, **kwargs: Any) -> None:
    services.receive(reply, is_settled=is_settled, now=now)


@receiver(taken_off_the_list)
def taken_off(actions: list[RecallAction], now: datetime, **kwargs: Any) -> None:
    """All of one outcome: somebody has just chosen it for them."""
    patients = [action.patient_id for action in actions]
    services.stop_recalls(patients, reason=str(actions[0].get_outcome_display()), now=now)


@receiver(recalls_wanted)
def wake_after_commit(**kwargs: Any) -> None:
    transaction.on_commit(wake_recalls, robust=True)


def _asked_back_no_more(appointment: Appointment, reason: str, now: datetime) -> None:
    treatment = appointment.course.treatment_id
    services.stop_recalls([appointment.patient_id], reason=reason, now=now, session__course__treatment=treatment)
