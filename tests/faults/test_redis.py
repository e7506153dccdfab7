"""Redis killed with all that it held. It only wakes, so nothing is lost with it."""

import time

from celery import Celery

from tests.faults.provider import BAD_MANNERS
from tests.faults.story import Story


def crash(story: Story) -> None:
    story.engines.redis.crash()
    time.sleep(story.random.uniform(0, 0.1))
    story.engines.redis.come_back()


def test_redis_killed_with_its_data_loses_nothing_and_doubles_nothing(begin, size):
    with begin("redis") as story:
        crashes, seconds = size(10, 1), size(60, 2)
        story.provider.manners = BAD_MANNERS
        story.open()
        story.plan(size(2000, 250), seconds)
        for _ in story.moments(crashes, seconds):
            crash(story)
        story.settle(faults=crashes)


def test_control_what_waits_in_redis_alone_is_lost_with_it(begin):
    """No beat: then nothing but the wake-up call of a commit knows of the messages."""
    with begin("redis, no beat") as story:
        story.plan(50, 0)
        with Celery(broker=story.engines.redis_url, set_as_current=False) as waker:
            waker.send_task("notifications.tasks.dispatch_due")
        crash(story)
        story.open(prefork=0, beats=0)
        story.figures |= {"faults": 1, "seconds": story.wait_until_settled(2)}
        assert story.judge().lost == 50
        story.fleet.beat()
        story.settle(faults=1)
