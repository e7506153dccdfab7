"""Dispatch beside the raw limit and beside the tutorial way; how late a message is; what a worker remembers of what it sent."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from tests.bench.figures import Figure, compared, say
from tests.bench.people import number_of, words_of
from tests.bench.sizes import Sizes
from tests.bench.world import FOLDER, IN_FLIGHT, Provider, celery, provider, wait_until, worker

WARM_UP = 300
BARE = "bare aiohttp client"


class Run(NamedTuple):
    per_second: float
    cpu_ms: float  # a message


def dispatch(sizes: Sizes) -> Iterator[Figure]:
    with provider() as twilio:
        bare, prefork, solo, by_prefork, by_threads = [], [], [], [], []
        for number in range(sizes.rounds):
            say(f"  round {number + 1} of {sizes.rounds}")
            bare.append(by_bare_client(twilio, sizes.messages))
            prefork.append(by_us(twilio, "prefork", sizes.messages))
            solo.append(by_us(twilio, "solo", sizes.messages))
            by_prefork.append(by_tutorial(twilio, "prefork", 2, sizes.tutorial_prefork))
            by_threads.append(by_tutorial(twilio, "threads", 64, sizes.tutorial_threads))
        rate, cpu = "messages/s", "CPU ms/message"
        for suffix, ours in (("", prefork), ("_solo", solo)):
            rates = [(run.per_second, raw.per_second) for run, raw in zip(ours, bare, strict=True)]
            yield compared(f"dispatch.throughput{suffix}", rate, rates, BARE, "ratio >= 0.7")
            cpus = [(run.cpu_ms, raw.cpu_ms) for run, raw in zip(ours, bare, strict=True)]
            yield compared(f"dispatch.cpu{suffix}", cpu, cpus, BARE, "ratio <= 2")
        for name, theirs, goal in (("prefork", by_prefork, 50), ("threads", by_threads, 5)):
            rates = [(run.per_second, their) for run, their in zip(prefork, theirs, strict=True)]
            workers = {"prefork": "prefork 2", "threads": "64 threads"}[name]
            yield compared(f"dispatch.tutorial_{name}", rate, rates, f"Celery ETA tasks, {workers}", f"ratio >= {goal}")
        yield from lateness(twilio, sizes)


def memory(sizes: Sizes) -> Iterator[Figure]:
    with provider(0.02) as twilio, worker("solo") as process:
        send_all(twilio, sizes.remembered_before)
        before = process.memory()
        send_all(twilio, sizes.remembered)
        after = process.memory()
        yield Figure(
            "memory.worker",
            f"MB after {sizes.remembered_before + sizes.remembered:,} messages",
            after / 1e6,
            before / 1e6,
            f"after {sizes.remembered_before:,}",
            "ratio <= 1.1",
        )


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
    tutorial.app.conf.broker_url = redis = re.sub(r"/\d*$", "/1", os.environ["REDIS_URL"])
    options = ("worker", "--pool", pool, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle")
    environment = {"TUTORIAL_REDIS_URL": redis, "DJANGO_SETTINGS_MODULE": "tests.bench.tutorial_settings"}
    with celery("tests.bench.tutorial", *options, **environment):
        tutorial.queue(list(Message.objects.values_list("pk", flat=True)), seconds_ahead=1)
        wait_until(all_are_accepted, every=0.2)
    counts = twilio.counts()
    assert (counts["requests"], counts["numbers"]) == (messages, messages)
    return (messages - 1) / (counts["last_at"] - counts["first_at"])


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


def write_due(messages: int) -> None:
    from notifications.models import Message
    from notifications.services import Draft
    from notifications.services.outbox import SCHEDULE, schedule_with

    now = timezone.now()
    drafts = [
        Draft(f"text-{person}", "sms", number_of(person), words_of(person), now - timedelta(seconds=1), now + timedelta(hours=2))
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


def lateness(twilio: Provider, sizes: Sizes) -> Iterator[Figure]:
    """With beat, on an idle system. The worst of them count."""
    with ExitStack() as stack:
        stack.enter_context(worker("prefork"))
        folder = stack.enter_context(TemporaryDirectory())
        stack.enter_context(celery("clinic", "beat", "--schedule", str(Path(folder) / "beat"), "--pidfile=", ready="is starting"))
        send_all(twilio, WARM_UP)
        twilio.forget()
        late = seconds_until_sent(twilio, [timedelta(seconds=3 + 3.1 * number) for number in range(sizes.late)])
        woken = [seconds_until_sent(twilio, [timedelta()]) for _ in range(sizes.late)]
    yield Figure("dispatch.lateness", "s after send_at, worst", max(late), goal="ours <= 6")
    yield Figure("dispatch.wake", "s after commit, worst", max(max(one) for one in woken), goal="ours <= 1")


def seconds_until_sent(twilio: Provider, ahead: list[timedelta]) -> list[float]:
    from notifications.services import Draft, schedule

    twilio.forget()
    begun_at = timezone.now()
    due = {number_of(number): begun_at + wait for number, wait in enumerate(ahead)}
    schedule(
        [
            Draft(f"late-{number}-{begun_at.timestamp()}", "sms", number, "Hello.", due_at, due_at + timedelta(hours=1))
            for number, due_at in due.items()
        ]
    )
    committed_at = timezone.now()
    wait_until(lambda: twilio.counts()["numbers"] == len(due), every=0.1)
    came = twilio.counts()["at"]
    return [came[number] - max(due_at, committed_at).timestamp() for number, due_at in due.items()]
