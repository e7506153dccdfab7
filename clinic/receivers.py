"""Tasks act, too, and a connection that is opened in the middle of something belongs to whoever does it. And what the other apps tell is
written on the trail."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.contrib.auth.models import User
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from aftercare.signals import patient_erased, patient_exported
from clinic.models.trail import Action
from clinic.services import trail
from clinic.services.acting import ACTOR, NOBODY, Actor, acting_as, tell
from scheduling.models import Patient

RUNNING: dict[str, AbstractContextManager[None]] = {}  # one at a time in a worker; at once, within a request, where tasks are run in place


@receiver(connection_created)
def tell_who_acts(connection: Any, **kwargs: Any) -> None:
    if ACTOR.get() != NOBODY:
        tell(connection)


@task_prerun.connect
def begin_task(task_id: str, task: Any, **kwargs: Any) -> None:
    RUNNING[task_id] = acting_as(Actor(f"task {task.name}"))
    RUNNING[task_id].__enter__()


@task_postrun.connect
def end_task(task_id: str, **kwargs: Any) -> None:
    if task_id in RUNNING:
        RUNNING.pop(task_id).__exit__(None, None, None)


@receiver(patient_exported)
def exported(patient: Patient, by: User, **kwargs: Any) -> None:
    trail.note(Action.EXPORTED, user=by, about="scheduling.patient", object_id=patient.pk, patient_id=patient.pk)


@receiver(patient_erased)
def erased(patient_id: int, concerns: Collection[int], reason: str, by: User, **kwargs: Any) -> None:
    """All that the trail has of her was written before."""
    trail.blank_patient(patient_id, concerns=concerns)
    trail.note(Action.ERASED, user=by, about="scheduling.patient", object_id=patient_id, patient_id=patient_id, note=reason)
