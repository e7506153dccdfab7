"""The Celery application. Its messages only say "look at the table": PostgreSQL holds the truth."""

import gc
import os
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init, worker_ready

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
