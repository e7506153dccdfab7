"""Two beats and three dispatchers: each message still goes to one of them."""

from tests.faults.provider import Manners

QUICK = Manners(latency=(0.01, 0.05))


def test_two_beats_and_three_dispatchers_double_nothing(begin, size):
    with begin("crowd") as story:
        story.provider.manners = QUICK
        story.take_time(timeout=10, lease=20)
        story.open(prefork=0, solo=3, beats=2, without=["luck"])
        story.plan(size(2000, 300), size(5, 1))
        verdict = story.settle(faults=0)
        assert (verdict.look_ups, verdict.resends, verdict.emails_twice) == (0, 0, 0)


def test_control_when_the_claim_skips_no_locked_rows_they_are_doubled(begin):
    with begin("crowd, nothing skipped") as story:
        story.provider.manners = QUICK
        story.plan(500, 0)
        story.open(prefork=0, solo=3, beats=2, without=["luck", "skip locked"])
        story.require_that_it_bites("doubled")
