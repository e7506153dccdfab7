"""So many messages by each of the ways, through real processes, and how fast they went."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from tests.bench.people import number_of, words_of
from tests.bench.world import FOLDER, IN_FLIGHT, Process, Provider, celery, wait_until, worker

WARM_UP = 300


class Run(NamedTuple):
    per_second: float
    cpu_ms: float  # a message


def by_bare_client(twilio: Provider, messages: int) -> Run:
    twilio.forget()
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.bare", twilio.url, str(messages), str(IN_FLIGHT)]
    done = json.loads(subprocess.run(command, cwd=FOLDER, capture_output=True, check=True, text=True).stdout)
    assert twilio.counts()["numbers"] == messages
    return Run(messages / done["seconds"], done["cpu_seconds"] * 1000 / messages)


def by_us(twilio: Provider, pool: str, messages: int) -> Run:
    with worker(pool) as process:
        send_all(twilio, WARM_UP)  # the SDK is imported on first use
        before = process.cpu_seconds()
        seconds = send_all(twilio, messages)
        return Run(messages / seconds, (process.cpu_seconds() - before) * 1000 / messages)


def by_tutorial(twilio: Provider, pool: str, concurrency: int, messages: int) -> float:
    """Messages a second, from the first that came to the last."""
    from notifications.models import Message
    from tests.bench import tutorial

    twilio.forget()
    write_due(messages)
    with tutorial_worker(pool, concurrency):
        tutorial.queue(list(Message.objects.values_list("pk", flat=True)), seconds_ahead=1)
        wait_until(all_are_accepted, every=0.2)
    counts = twilio.counts()
    assert (counts["requests"], counts["numbers"]) == (messages, messages)
    return (messages - 1) / (counts["last_at"] - counts["first_at"])


@contextmanager
def tutorial_worker(pool: str, concurrency: int) -> Iterator[Process]:
    from tests.bench import tutorial

    tutorial.app.conf.broker_url = re.sub(r"/\d*$", "/1", os.environ["REDIS_URL"])
    options = ("worker", "--pool", pool, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle")
    settings = {"TUTORIAL_REDIS_URL": tutorial.app.conf.broker_url, "DJANGO_SETTINGS_MODULE": "tests.bench.tutorial_settings"}
    with celery("tests.bench.tutorial", *options, **settings) as process:
        yield process


def send_all(twilio: Provider, messages: int) -> float:
    """So many due ones through the worker that runs. Seconds from the wake-up until provider and table both have the last."""
    from notifications.tasks import dispatch_due

    twilio.forget()
    write_due(messages)
    started_at = time.monotonic()
    dispatch_due.delay()
    wait_until(all_are_accepted)
    seconds = time.monotonic() - started_at
    counts = twilio.counts()
    assert (counts["requests"], counts["numbers"]) == (messages, messages)
    return seconds


def write_due(messages: int, ahead: timedelta = timedelta(seconds=-1)) -> None:
    from notifications.models import Message
    from notifications.services import Draft
    from notifications.services.outbox import SCHEDULE, schedule_with

    now = timezone.now()
    drafts = [
        Draft(f"text-{person}", "sms", number_of(person), words_of(person), now + ahead, now + timedelta(hours=2))
        for person in range(messages)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {Message._meta.db_table} CASCADE")
    with transaction.atomic():
        schedule_with(SCHEDULE, {}, drafts, now=now - timedelta(minutes=1))  # so that nobody is woken yet
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_message")


def all_are_accepted() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM notifications_message WHERE status <> 'accepted')")
        return bool(cursor.fetchone()[0])
