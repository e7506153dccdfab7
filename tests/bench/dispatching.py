"""Dispatch beside the raw limit and beside the tutorial way, and how late a message is."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.utils import timezone

from tests.bench.figures import Figure, compared, say
from tests.bench.people import number_of
from tests.bench.sending import WARM_UP, Run, by_bare_client, by_tutorial, by_us, send_all
from tests.bench.sizes import Sizes
from tests.bench.world import Provider, celery, provider, wait_until, worker

BARE = "bare aiohttp client"


def dispatch(sizes: Sizes) -> Iterator[Figure]:
    with provider() as twilio:
        pairs: dict[str, list[tuple[Run, Run]]] = {"prefork": [], "solo": []}
        by_prefork, by_threads = [], []
        for number in range(sizes.rounds):
            say(f"  round {number + 1} of {sizes.rounds}")
            for pool, runs in pairs.items():
                raw = by_bare_client(twilio, sizes.messages)
                runs.append((by_us(twilio, pool, sizes.messages), raw))
            by_prefork.append(by_tutorial(twilio, "prefork", 2, sizes.tutorial_prefork))
            by_threads.append(by_tutorial(twilio, "threads", 64, sizes.tutorial_threads))
        rate, cpu = "messages/s", "CPU ms/message"
        for suffix, runs in (("", pairs["prefork"]), ("_solo", pairs["solo"])):
            rates = [(ours.per_second, raw.per_second) for ours, raw in runs]
            yield compared(f"dispatch.throughput{suffix}", rate, rates, BARE, "ratio >= 0.7")
            cpus = [(ours.cpu_ms, raw.cpu_ms) for ours, raw in runs]
            yield compared(f"dispatch.cpu{suffix}", cpu, cpus, BARE, "ratio <= 2")
        for name, theirs, goal in (("prefork", by_prefork, 50), ("threads", by_threads, 5)):
            rates = [(ours.per_second, their) for (ours, _), their in zip(pairs["prefork"], theirs, strict=True)]
            workers = {"prefork": "prefork 2", "threads": "64 threads"}[name]
            yield compared(f"dispatch.tutorial_{name}", rate, rates, f"Celery ETA tasks, {workers}", f"ratio >= {goal}")
        yield from lateness(twilio, sizes)


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
    # Who is woken within the commit may be there before we have looked at the clock.
    return [max(0.0, came[number] - max(due_at, committed_at).timestamp()) for number, due_at in due.items()]
