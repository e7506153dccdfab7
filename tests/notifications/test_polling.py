"""A text of which no final word comes is asked after; after 72 hours of silence it is called unconfirmed."""

from datetime import timedelta
from threading import Barrier

import pytest
from django.utils import timezone

from notifications import tasks
from notifications.channels import twilio as twilio_channel
from notifications.domain.polling import first_poll_at, next_poll_at
from notifications.models import Alarm, Message, Receipt
from notifications.services import dispatch, poll, record_receipt
from notifications.services import polling as polling_services
from notifications.signals import message_failed
from tests.notifications.conftest import NOON, row
from tests.providers import Answer

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr(twilio_channel, "timezone", type("Noon", (), {"now": staticmethod(lambda: NOON)}))


class TestTimes:
    def test_the_first_question_comes_after_an_hour(self):
        assert first_poll_at(NOON) == NOON + HOUR

    def test_then_ever_more_rarely_and_last_at_72_hours(self):
        asked, now = [], first_poll_at(NOON)
        while now:
            asked.append(round((now - NOON) / HOUR, 1))
            now = next_poll_at(NOON, now, is_answered=True)
        assert asked == [1, 2, 3, 4.5, 6.8, 10.1, 15.2, 22.8, 34.2, 51.3, 72]

    def test_a_provider_that_cant_be_asked_at_the_end_gets_another_day(self):
        assert next_poll_at(NOON, NOON + 72 * HOUR, is_answered=False) == NOON + 73 * HOUR
        assert next_poll_at(NOON, NOON + 96 * HOUR, is_answered=False) is None


class TestAsked:
    def test_not_before_its_time(self, sent, twilio):
        message = sent()
        assert message.poll_at == NOON + HOUR
        assert poll(now=NOON + timedelta(minutes=59)) == 0
        assert twilio.asked == []

    def test_it_was_delivered(self, sent, twilio):
        message = sent()
        twilio.standing[message.provider_id] = ("delivered", None)
        assert poll(now=NOON + HOUR) == 1
        now = row(message)
        assert (now.status, now.delivered_at, now.poll_at) == ("delivered", NOON + HOUR, None)
        assert [(r.provider_id, r.provider_status) for r in Receipt.objects.all()] == [(message.provider_id, "delivered")]
        assert poll(now=NOON + 80 * HOUR) == 0
        assert twilio.asked == [message.provider_id]

    def test_it_wasnt_delivered(self, sent, twilio):
        heard = []

        def hear(message_id, code, **kwargs):
            heard.append((message_id, code))

        message = sent()
        twilio.standing[message.provider_id] = ("undelivered", 30034)
        message_failed.connect(hear)
        poll(now=NOON + HOUR)
        assert (row(message).status, row(message).error_code) == ("undelivered", "30034")
        assert row(message).reason == "our sender's campaign isn't registered (Twilio's error 30034)"
        assert heard == [(message.pk, "30034")]
        assert Alarm.objects.get().code == "30034"

    def test_still_on_its_way_it_is_asked_after_again(self, sent, twilio):
        message = sent()
        twilio.standing[message.provider_id] = ("sent", None)
        for hours in (1, 2, 3):
            assert poll(now=NOON + hours * HOUR) == 1
            assert poll(now=NOON + hours * HOUR) == 0
        assert (row(message).status, row(message).poll_at) == ("accepted", NOON + 4.5 * HOUR)
        assert Receipt.objects.count() == 1

    def test_after_72_hours_of_silence_it_is_unconfirmed(self, sent, twilio):
        message, now = sent(), NOON + HOUR
        while now:
            assert poll(now=now) == 1
            now = row(message).poll_at
        assert (row(message).status, row(message).reason) == ("unconfirmed", "no word of it in 72 hours")
        assert len(twilio.asked) == 11
        record_receipt(
            message.pk, Message.objects.get().attempt_set.get().token, provider_id=message.provider_id, status="delivered", now=NOON
        )
        assert (row(message).status, row(message).reason) == ("delivered", "")

    def test_a_provider_that_fails_says_nothing_of_the_text(self, sent, twilio, settings):
        message = sent()
        twilio.asking = Answer(500, 20500)
        poll(now=NOON + HOUR)
        assert (row(message).status, row(message).poll_at) == ("accepted", NOON + 2 * HOUR)
        settings.TWILIO_API_BASE_URL = "http://127.0.0.1:9"
        poll(now=NOON + 72 * HOUR)
        assert (row(message).status, row(message).poll_at) == ("accepted", NOON + 73 * HOUR)

    def test_one_that_it_doesnt_know_is_unconfirmed_in_the_end(self, sent, twilio):
        message = sent()
        twilio.asking = Answer(404, 20404)
        poll(now=NOON + HOUR)
        assert (row(message).status, row(message).poll_at) == ("accepted", NOON + 2 * HOUR)
        poll(now=NOON + 72 * HOUR)
        assert row(message).status == "unconfirmed"
        assert not Receipt.objects.exists()

    def test_one_that_goes_wrong_harms_no_other(self, sent, twilio):
        messages = [sent() for _ in range(3)]
        for message in messages:
            twilio.standing[message.provider_id] = ("delivered", None)
        Message.objects.filter(pk=messages[1].pk).update(provider_id="../../Accounts")
        poll(now=NOON + HOUR)
        assert [row(message).status for message in messages] == ["delivered", "accepted", "delivered"]

    def test_a_receipt_in_the_meantime_stands(self, sent, twilio, monkeypatch):
        """It comes while the provider is being asked, whose answer is older."""
        message = sent()
        twilio.standing[message.provider_id] = ("sent", None)
        claim = polling_services._claim

        def claim_and_be_overtaken(now, limit):
            due = claim(now, limit)
            token = Message.objects.get().attempt_set.get().token
            record_receipt(message.pk, token, provider_id=message.provider_id, status="delivered", now=now)
            return due

        monkeypatch.setattr(polling_services, "_claim", claim_and_be_overtaken)
        poll(now=NOON + HOUR)
        assert (row(message).status, row(message).poll_at) == ("delivered", None)

    def test_emails_are_never_asked_after(self, text, mail_server):
        message = text(channel="email", address="ana@example.org", subject="Day 1")
        dispatch(now=NOON)
        assert (row(message).status, row(message).poll_at) == ("accepted", None)
        assert poll(now=NOON + 100 * HOUR) == 0

    def test_the_demos_texts_neither(self, text):
        message = text()
        dispatch(now=NOON)
        assert (row(message).status, row(message).poll_at) == ("accepted", None)


class TestMany:
    def test_they_are_asked_after_at_once(self, sent, twilio):
        for _ in range(12):
            sent()
        twilio.asking = Answer(after_seconds=1)
        begun = timezone.now()
        assert poll(now=NOON + HOUR) == 12
        assert timezone.now() - begun < timedelta(seconds=6)

    def test_as_many_as_asked_for(self, sent, twilio):
        for _ in range(5):
            sent()
        assert [poll(now=NOON + HOUR, limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert len(twilio.asked) == 5

    @pytest.mark.parametrize(("seconds", "asked"), [(20, 5), (0, 2)])
    def test_the_task_goes_on_while_there_are_more_and_it_has_time(self, sent, twilio, monkeypatch, settings, seconds, asked):
        for _ in range(5):
            sent()
        settings.DISPATCH_RUN_SECONDS = seconds
        monkeypatch.setattr(tasks, "POLLED_AT_ONCE", 2)
        tasks.poll.run()
        assert len(twilio.asked) == asked


def test_two_pollers_do_no_double_work(transactional_db, text, twilio, at_once):
    for _ in range(6):
        text()
    dispatch(now=NOON)
    twilio.asking = Answer(after_seconds=1)
    assert sum(at_once([lambda: poll(now=NOON + HOUR)] * 3)) == 6
    assert sorted(twilio.asked) == sorted({form["sid"] for form in twilio.sent})


def test_control_without_the_claim_they_would(transactional_db, text, twilio, at_once, monkeypatch):
    for _ in range(6):
        text()
    dispatch(now=NOON)
    twilio.asking = Answer(after_seconds=1)
    all_have_seen = Barrier(3)

    def careless(now, limit):
        seen = list(Message.objects.filter(status="accepted", poll_at__lte=now))
        all_have_seen.wait(20)
        return seen

    monkeypatch.setattr(polling_services, "_claim", careless)
    assert sum(at_once([lambda: poll(now=NOON + HOUR)] * 3)) == 18
    assert len(twilio.asked) == 18


def test_a_poller_that_was_killed_is_followed_by_another(transactional_db, text, twilio):
    message = text()
    dispatch(now=NOON)
    polling_services._claim(NOON + HOUR, 100)  # and then no more
    assert poll(now=NOON + HOUR + timedelta(minutes=9)) == 0
    assert poll(now=NOON + HOUR + timedelta(minutes=10)) == 1
    assert row(message).poll_at == NOON + HOUR + timedelta(minutes=10) + HOUR
