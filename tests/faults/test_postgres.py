"""PostgreSQL restarted at once: whatever wasn't committed is gone, and every connection with it."""

from dataclasses import replace

from tests.faults.provider import BAD_MANNERS
from tests.faults.settings import DISPATCH_LEASE_SECONDS as LEASE
from tests.faults.story import Story


def crash(story: Story) -> bool:
    """Says whether requests were on the wire: their results will find no database."""
    is_in_mid_batch = bool(story.provider.in_flight)
    story.engines.postgres.crash()
    story.engines.postgres.come_back()
    return is_in_mid_batch


def test_postgresql_restarted_at_once_loses_nothing_and_doubles_nothing(begin, size):
    with begin("postgres") as story:
        crashes, seconds, hits = size(5, 2), size(40, 3), 0
        story.provider.manners = replace(BAD_MANNERS, latency=(0.1, 0.4))
        story.open()
        story.plan(size(2000, 250), seconds)
        for _ in story.moments(crashes, seconds):
            hits += crash(story)
        story.settle(faults=crashes, mid_batch=hits)


def test_control_what_has_no_result_is_lost_when_nobody_tries_again_and_no_lease_ends(begin):
    with begin("postgres, no patience") as story:
        story.open(prefork=0, without=["patience", "end of lease"])
        story.plan(50, 0)
        with story.in_mid_batch():
            hits = crash(story)
        story.figures |= {"faults": 1, "mid_batch": int(hits), "seconds": story.wait_until_settled(LEASE + 2)}
        assert story.judge().lost > 0
