"""A new version is rolled out while messages are due: each worker is asked to end, finishes what it has begun, and is replaced."""

import os
import signal

from tests.faults import chaos
from tests.faults.provider import Manners


def test_a_rolling_restart_leaves_nothing_in_doubt(begin, size):
    with begin("roll-outs") as story:
        restarts, seconds, hits = size(20, 3), size(40, 3), 0
        story.provider.manners = Manners(latency=(0.1, 0.4))
        workers = story.open()
        story.plan(size(2000, 250), seconds)
        for index in story.moments(restarts, seconds):
            worker = workers[index % len(workers)]
            hits += bool(worker.ports() & set(story.provider.in_flight))
            story.fleet.stop_in_order(worker)
            story.fleet.restart(worker)
        verdict = story.settle(faults=restarts, mid_batch=hits)
        assert (verdict.look_ups, verdict.resends) == (0, 0)


def test_control_one_that_is_given_no_time_leaves_them_in_doubt(begin):
    """And what is in doubt and isn't looked for is doubled."""
    with begin("roll-outs, no grace") as story:
        story.provider.manners = Manners(latency=(0.3, 0.5))
        (worker,) = story.open(prefork=0, without=["look"])
        story.plan(50, 0)
        story.wait_for(lambda: story.log.count("taken") > 20)
        os.kill(worker.process.pid, signal.SIGTERM)
        hits = chaos.kill(story, worker, "all")
        story.fleet.restart(worker)
        story.figures |= {"faults": 1, "mid_batch": int(hits)}
        story.require_that_it_bites("doubled")
