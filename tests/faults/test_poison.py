"""Rows that nobody can digest. They come to an end of their own and hold up no other."""

from datetime import timedelta

import pytest
from django.db import DataError, connection
from django.utils import timezone

from notifications.models import Message
from tests.faults.provider import Manners, no_number, no_sid, no_words, nonsense
from tests.faults.story import Story

POISONS = {
    "another channel": {"channel": "fax"},
    "no address": {"address": ""},
    "an address of two lines": {"channel": "email", "address": "ana@example.org\nBcc: bea@example.org"},
    "a subject of two lines": {"channel": "email", "address": "ana@example.org", "subject": "Day 1\nBcc: bea@example.org"},
    "an answer that is no JSON": {"channel": "sms", "address": "+19995550101"},
    "an answer without an id": {"channel": "sms", "address": "+19995550102"},
    "an answer that names no error": {"channel": "sms", "address": "+19995550103"},
}


def spoil(story: Story, share: float, seconds: float) -> set[int]:
    """By raw SQL, as a restored backup or a hand in the database would: `schedule` takes none of these. Only what is due later on."""
    story.provider.poisons = {"": no_number, "+19995550101": nonsense, "+19995550102": no_sid, "+19995550103": no_words}
    later = Message.objects.filter(send_at__gt=timezone.now() + timedelta(seconds=seconds / 2))
    ids = sorted(later.exclude(address__in=story.silenced).values_list("pk", flat=True))
    poisoned = story.random.sample(ids, max(len(POISONS), round(2 * len(ids) * share)))
    for index, pk in enumerate(poisoned):
        values = list(POISONS.values())[index % len(POISONS)]
        columns = ", ".join(f"{name} = %s" for name in values)
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE notifications_message SET expires_at = send_at + interval '3 seconds', {columns} WHERE id = %s",
                [*values.values(), pk],
            )
    return set(poisoned)


def test_a_hundredth_of_poisoned_rows_harms_no_other(begin, size):
    with begin("poison") as story:
        seconds = size(20, 8)
        story.provider.manners = Manners(latency=(0.02, 0.1))
        story.open()
        story.plan(size(2000, 300), seconds)
        poisoned = spoil(story, 0.01, seconds)
        story.settle(faults=len(poisoned))
        others = Message.objects.exclude(pk__in=poisoned).exclude(address__in=story.silenced)
        assert set(others.values_list("status", flat=True)) <= {"accepted", "expired"}
        assert set(Message.objects.filter(pk__in=poisoned).values_list("status", flat=True)) == {"expired", "failed"}


def test_control_when_one_failure_is_everybodys_the_others_wait_for_ever(begin):
    with begin("poison, no isolation") as story:
        story.open(prefork=0, without=["isolation"])
        story.plan(150, 3)
        poisoned = spoil(story, 0.01, 3)
        story.figures |= {"faults": len(poisoned), "seconds": story.wait_until_settled(4)}
        assert story.judge().lost > len(poisoned) * 2


def test_a_time_zone_that_nobody_knows_is_refused_by_the_database(begin):
    with begin("poison, time zone") as story:
        story.plan(10, 0)
        with pytest.raises(DataError, match="not recognized"):
            use_unknown_zone()


def test_control_without_that_constraint_one_such_row_ends_every_claim(begin):
    with begin("poison, any time zone") as story:
        story.plan(10, 0)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE notifications_message DROP CONSTRAINT message_time_zone_is_known")
        use_unknown_zone()
        story.open(prefork=0)
        story.figures |= {"faults": 1, "seconds": story.wait_until_settled(2)}
        assert story.judge().lost == 10


def use_unknown_zone() -> None:
    Message.objects.filter(pk=Message.objects.values("pk")[:1]).update(time_zone="Mars/Olympus")
