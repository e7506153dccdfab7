"""Tasks act, too, and a connection that is opened in the middle of something belongs to whoever does it. What the other apps tell is
written on the trail, or counted."""

from collections.abc import Collection
from contextlib import ExitStack
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.contrib.auth.models import User
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from aftercare.signals import patient_erased, patient_exported
from clinic.models.trail import Action
from clinic.ops.tallies import count
from clinic.requests import in_task
from clinic.services import trail
from clinic.services.acting import ACTOR, NOBODY, Actor, acting_as, tell
from clinic.signing_in.sessions import forget_sentences
from scheduling.models import Appointment, Patient
from scheduling.signals import booking_refused, move_undone

RUNNING: dict[str, ExitStack] = {}  # one at a time in a worker; at once, within a request, where tasks are run in place


@receiver(connection_created)
def tell_who_acts(connection: Any, **kwargs: Any) -> None:
    if ACTOR.get() != NOBODY:
        tell(connection)


@task_prerun.connect
def begin_task(task_id: str, task: Any, **kwargs: Any) -> None:
    running = RUNNING[task_id] = ExitStack()
    running.enter_context(acting_as(Actor(f"task {task.name}")))
    running.enter_context(in_task(task_id, task.name))


@task_postrun.connect
def end_task(task_id: str, **kwargs: Any) -> None:
    if task_id in RUNNING:
        RUNNING.pop(task_id).close()


@receiver(patient_exported)
def handed_out(patient: Patient, by: User, **kwargs: Any) -> None:
    taken = "all that is held of the patient"
    trail.note(Action.HANDED_OUT, user=by, about="scheduling.patient", object_id=patient.pk, patient_id=patient.pk, note=taken)


@receiver(move_undone)
def undone(appointment: Appointment, **kwargs: Any) -> None:
    """The change itself reads as another move."""
    trail.note(Action.UNDID_MOVE, about="scheduling.appointment", object_id=appointment.pk, patient_id=appointment.patient_id)


@receiver(patient_erased)
def erased(patient_id: int, concerns: Collection[int], reason: str, by: User, **kwargs: Any) -> None:
    """All that the trail has of her was written before."""
    trail.blank_patient(patient_id, concerns=concerns)
    forget_sentences()
    trail.note(Action.ERASED, user=by, about="scheduling.patient", object_id=patient_id, patient_id=patient_id, note=reason)


@receiver(booking_refused)
def count_refusal(code: str, **kwargs: Any) -> None:
    count("bookings refused", code)
