"""Workers that freeze and go on as if nothing had been: a machine that swaps, or is moved to another one."""

import signal
import time
from dataclasses import replace

from tests.faults import chaos
from tests.faults.provider import BAD_MANNERS
from tests.faults.settings import DISPATCH_LEASE_SECONDS as LEASE


def test_frozen_workers_lose_nothing_and_double_nothing(begin, size):
    with begin("pauses") as story:
        pauses, seconds, hits = size(30, 4), size(60, 4), 0
        story.provider.manners = replace(BAD_MANNERS, latency=(0.1, 0.4), lists_late=0)
        workers = story.open()
        # Each lives longer than a freeze: one that stops with its request half-way goes on with it when it wakes up.
        story.plan(size(2000, 250), seconds, short_lived=0)
        for index in story.moments(pauses, seconds):
            is_longer_than_the_lease = index % 4 == 3
            pause = story.random.uniform(1.1, 1.4) * LEASE if is_longer_than_the_lease else story.random.uniform(0.1, 0.5) * LEASE
            hits += chaos.freeze(story, chaos.choose_busy(story, workers), pause)
        story.settle(faults=pauses, mid_batch=hits)


def test_control_without_a_look_one_who_oversleeps_the_lease_doubles(begin):
    with begin("pauses, no look") as story:
        workers = story.open(prefork=0, solo=2, without=["look"])
        story.plan(50, 0)
        with story.in_mid_batch():
            sleeper = chaos.choose_busy(story, workers)
            sleeper.signal_all(signal.SIGSTOP)
        story.figures |= {"faults": 1, "mid_batch": 1}
        time.sleep(LEASE * 1.2)
        sleeper.signal_all(signal.SIGCONT)
        story.require_that_it_bites("doubled")
