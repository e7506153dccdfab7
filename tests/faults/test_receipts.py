"""The provider's callbacks: a tenth of them twice, a tenth of them in the wrong order, some before our own record of the try."""

from dataclasses import replace

from django.db.models import Count

from notifications.models import Message, Receipt
from tests.faults import chaos
from tests.faults.provider import BAD_MANNERS, Manners
from tests.faults.story import Story, steadily

CALLS_BACK = Manners(latency=(0.02, 0.3), receipts=True, repeats=0.1, disorders=0.1)


def undelivered(story: Story) -> int:
    return steadily(lambda: Message.objects.filter(channel="sms", status="accepted").count())


def kinds_of_receipts() -> set[int]:
    return set(Receipt.objects.values("message").annotate(kinds=Count("pk")).values_list("kinds", flat=True))


def test_repeated_and_disordered_receipts_change_nothing(begin, size):
    with begin("receipts") as story:
        kills, seconds = size(10, 1), size(40, 3)
        story.provider.manners = replace(BAD_MANNERS, latency=CALLS_BACK.latency, receipts=True, repeats=0.1, disorders=0.1)
        story.fleet.web(story.web_port)
        workers = story.open()
        story.plan(size(2000, 300), seconds)
        for _ in story.moments(kills, seconds):
            victim = chaos.choose_busy(story, workers)
            chaos.kill(story, victim, "all")
            story.fleet.restart(victim)
        story.settle(faults=kills + story.log.count("repeat") + story.log.count("disorder"))
        story.wait_for(lambda: not undelivered(story), seconds=40)
        # In the wrong order, the last word of a message is not the one that it ends with.
        story.wait_for(lambda: steadily(kinds_of_receipts) == {3}, seconds=40)

        taken = {key for key, events in story.log.taken().items() if events[0].address.startswith("+")}
        assert set(Message.objects.filter(channel="sms", status="delivered").values_list("body", flat=True)) == taken
        assert kinds_of_receipts() == {3}
        answers = {event.detail.partition(": ")[2] for event in story.log.all("receipt")}
        assert {answer for answer in answers if answer.isdigit()} == {"204"}
        assert story.log.count("repeat") > 3
        assert story.log.count("disorder") > 3


def test_control_without_their_ranks_some_fall_back_to_sent(begin):
    with begin("receipts, no ranks") as story:
        story.provider.manners = CALLS_BACK
        story.fleet.web(story.web_port, without=["ranks"])
        story.open(prefork=0)
        story.plan(100, 0)
        story.figures |= {"faults": 0, "seconds": story.wait_until_settled()}
        story.wait_for(lambda: story.log.count("receipt") >= 3 * len(story.provider.texts) + story.log.count("repeat"))
        story.judge()
        assert undelivered(story) > 0
