"""Workers killed in the middle of a batch: memory has run out, or the machine is gone."""

from dataclasses import replace

from tests.faults import chaos
from tests.faults.provider import BAD_MANNERS
from tests.faults.settings import DISPATCH_LEASE_SECONDS as LEASE
from tests.faults.story import Story

SLOW = (0.1, 0.4)


def test_workers_killed_in_mid_batch_lose_nothing_and_double_nothing(begin, size):
    with begin("kills") as story:
        kills, seconds, hits = size(60, 6), size(100, 4), 0
        story.provider.manners, story.mail.breaks_off = replace(BAD_MANNERS, latency=SLOW), 0.05
        workers = story.open()
        story.plan(size(2000, 250), seconds)
        for _ in story.moments(kills, seconds):
            victim, how = chaos.choose_busy(story, workers), story.random.choice(["all", "all", "child", "parent"])
            hits += chaos.kill(story, victim, how)
            if not victim.process.is_running() or how != "child":
                story.fleet.restart(victim)
        story.settle(faults=kills, mid_batch=hits)
        assert hits >= size(kills / 2, 1)


def kill_one(story: Story, without: str) -> None:
    story.take_time(timeout=10)
    (worker,) = story.open(prefork=0, without=[without])
    story.plan(50, 0)
    with story.in_mid_batch():
        hits = chaos.kill(story, worker, "all")
    story.fleet.restart(worker)
    story.figures |= {"faults": 1, "mid_batch": int(hits)}


def test_control_without_a_look_before_the_resend_they_are_doubled(begin):
    with begin("kills, no look") as story:
        kill_one(story, "look")
        story.require_that_it_bites("doubled")


def test_control_without_the_end_of_the_lease_they_are_lost(begin):
    with begin("kills, no end of leases") as story:
        kill_one(story, "end of lease")
        story.figures |= {"seconds": story.wait_until_settled(LEASE + 2)}
        assert story.judge().lost > 20
