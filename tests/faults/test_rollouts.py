"""A new version is rolled out while messages are due: each worker is asked to end, finishes what it has begun, and is replaced."""

import os
import signal

from notifications.models import Attempt, Message
from tests.faults import chaos
from tests.faults.provider import Manners


def cut_short() -> int:
    """Tries that nobody has finished, and those that somebody else had to finish."""
    found = Message.objects.filter(reason="found at the provider", error_code="")
    return Attempt.objects.filter(finished_at=None).count() + found.count()


def test_a_rolling_restart_leaves_nothing_in_doubt(begin, size):
    with begin("roll-outs") as story:
        restarts, seconds, hits = size(20, 3), size(40, 3), 0
        story.provider.manners = Manners(latency=(0.1, 0.4))
        story.take_time(timeout=10, lease=20)
        workers = story.open()
        story.plan(size(2000, 250), seconds)
        for index in story.moments(restarts, seconds):
            worker = workers[index % len(workers)]
            hits += bool(worker.ports() & set(story.provider.in_flight))
            story.fleet.stop_in_order(worker)
            story.fleet.restart(worker)
        story.settle(faults=restarts, mid_batch=hits)
        assert cut_short() == 0


def test_control_one_that_is_given_no_time_leaves_them_in_doubt(begin):
    """And what is in doubt and isn't looked for is doubled."""
    with begin("roll-outs, no grace") as story:
        story.take_time(timeout=10)
        (worker,) = story.open(prefork=0, without=["look"])
        story.plan(50, 0)
        with story.in_mid_batch():
            os.kill(worker.process.pid, signal.SIGTERM)
            hits = chaos.kill(story, worker, "all")
        assert cut_short() >= 20
        story.fleet.restart(worker)
        story.figures |= {"faults": 1, "mid_batch": int(hits)}
        story.require_that_it_bites("doubled")
