"""What the processes take at rest, and what a worker keeps in its memory: of what it has sent, and of what waits."""

import time
from collections.abc import Iterator
from datetime import timedelta

import redis

from tests.bench.figures import Figure
from tests.bench.resting import PRODUCTION, at_rest
from tests.bench.sending import send_all, tutorial_worker, write_due
from tests.bench.sizes import Sizes
from tests.bench.world import provider, wait_until, worker

REMEMBERED_TIMES = 10


def memory(sizes: Sizes) -> Iterator[Figure]:
    yield from at_rest(sizes)
    with provider(0.02) as twilio, worker("solo", **PRODUCTION) as process:
        send_all(twilio, sizes.remembered)
        before = process.memory()
        for _ in range(REMEMBERED_TIMES - 1):
            send_all(twilio, sizes.remembered)
        after = process.memory()
        yield Figure(
            "memory.flat",
            f"MB after {REMEMBERED_TIMES * sizes.remembered:,} messages",
            after / 1e6,
            before / 1e6,
            f"after {sizes.remembered:,}",
            "ratio <= 1.1",
        )
    ours, theirs = pending_with_us(sizes), pending_the_tutorial_way(sizes)
    yield Figure("memory.pending", "kB of worker for one that waits", ours, theirs, "Celery ETA tasks", "ours <= 0.1")


def pending_with_us(sizes: Sizes) -> float:
    """They are rows, and a worker that looks at the table sees none of them."""
    from notifications.models import Message
    from notifications.tasks import dispatch_due

    write_due(sizes.pending, ahead=timedelta(hours=1))
    with worker("solo") as process:
        dispatch_due.delay()
        time.sleep(sizes.settling_seconds)
        before = process.memory()
        dispatch_due.delay()
        time.sleep(sizes.settling_seconds)
        assert not Message.objects.exclude(status="scheduled").exists()
        return max(process.memory() - before, 0) / sizes.pending / 1000


def pending_the_tutorial_way(sizes: Sizes) -> float:
    from tests.bench import tutorial

    with tutorial_worker("threads", 1) as process, redis.Redis.from_url(tutorial.app.conf.broker_url) as queue:
        time.sleep(sizes.settling_seconds)
        before = process.memory()
        tutorial.queue(list(range(sizes.pending)), seconds_ahead=3600)
        wait_until(lambda: queue.llen("celery") == 0)
        time.sleep(sizes.settling_seconds)
        return (process.memory() - before) / sizes.pending / 1000
