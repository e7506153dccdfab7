"""The Celery application. Its messages only say "look at the table": PostgreSQL holds the truth."""

import atexit
import gc
import logging
import os
import socket
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import (
    after_setup_logger,
    after_task_publish,
    beat_init,
    heartbeat_sent,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutdown,
)

from clinic.environment import or_a_sentence

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")

logger = logging.getLogger(__name__)

app = Celery("clinic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_configure.connect
def refuse_settings_that_cant_work(**kwargs: Any) -> None:
    from django.conf import settings

    with or_a_sentence():
        settings.DEBUG  # noqa: B018 - the first look reads them all


PULSES: list[Any] = []  # this process's own, if it is beat or a worker's parent


@worker_init.connect
def load_what_is_needed(**kwargs: Any) -> None:
    """Before the first message, which mustn't wait for the SDK, and before prefork makes the children, who share it."""
    load_channels()
    freeze_what_is_loaded()


def load_channels() -> None:
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


@worker_ready.connect
def begin_pulse_of_a_worker(sender: Any, **kwargs: Any) -> None:
    begin_pulse("worker", sender.hostname)


@worker_ready.connect
def leave_out_what_celery_6_may_change(**kwargs: Any) -> None:
    """Celery shows it each time that Redis goes. Later than Celery's own filter, which shows all of it."""
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


@after_setup_logger.connect
def say_in_one_line_what_ends_us(**kwargs: Any) -> None:
    """Python would write it to where Celery makes a log line of each line. Where it comes from, Celery has logged before."""
    from clinic.masking import described

    sys.excepthook = lambda _kind, error, _traceback: logger.critical("Ended by %s", described(error))


@beat_init.connect
def say_what_comes_when(**kwargs: Any) -> None:
    entries = sorted(app.conf.beat_schedule.items())
    logger.info("beat runs: %s", ", ".join(f"{name} {_when(entry['schedule'])}" for name, entry in entries))


def _when(schedule: Any) -> str:
    """Each is so many seconds, or a time of day."""
    if isinstance(schedule, int):
        return f"every {schedule} s"
    return f"at {min(schedule.hour):02}:{min(schedule.minute):02} {app.conf.timezone}"


@beat_init.connect
def begin_pulse_of_beat(**kwargs: Any) -> None:
    begin_pulse("beat", f"beat@{socket.gethostname()}")
    after_task_publish.connect(show_life)  # with each tick that Redis took
    atexit.register(end_pulse)


def begin_pulse(kind: str, name: str) -> None:
    from clinic.ops.pulse import Pulse

    PULSES.append(Pulse(kind, name))
    PULSES[-1].start()


@worker_shutdown.connect
def end_pulse(**kwargs: Any) -> None:
    for pulse in PULSES:
        pulse.stop()


@heartbeat_sent.connect  # by a worker, every two seconds while it is connected to Redis
def show_life(**kwargs: Any) -> None:
    from django.conf import settings

    for pulse in PULSES:
        pulse.moves()
    if settings.ALIVE_FILE:
        Path(settings.ALIVE_FILE).touch()
