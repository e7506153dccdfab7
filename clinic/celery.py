"""The Celery application. Its messages only say "look at the table": PostgreSQL holds the truth."""

import gc
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import after_task_publish, beat_init, heartbeat_sent, worker_init, worker_process_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def load_channels(**kwargs: Any) -> None:
    """Before the first message, which mustn't wait for the SDK, and before prefork makes the children, who share it."""
    from django.conf import settings

    from notifications.channels.transport import transport_class

    for channel in settings.CHANNELS:
        with suppress(ImportError):  # said where it is to be used
            transport_class(channel)


@worker_process_init.connect
@worker_ready.connect
def freeze_what_is_loaded(**kwargs: Any) -> None:
    """It stays for good. Each time that the garbage collector looked through it, nothing else would run for 80 ms."""
    gc.collect()
    gc.freeze()


@heartbeat_sent.connect  # by a worker, every two seconds while it is connected to Redis
def show_life(**kwargs: Any) -> None:
    from django.conf import settings

    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()


@beat_init.connect
def show_life_of_beat(**kwargs: Any) -> None:
    after_task_publish.connect(show_life)  # with each tick that Redis took
