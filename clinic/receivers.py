"""Tasks act, too, and a connection that is opened in the middle of something belongs to whoever does it."""

from contextlib import AbstractContextManager
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from clinic.services.acting import ACTOR, NOBODY, Actor, acting_as, tell

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
