"""What holds the sending back: the window of what is under way, the rate a second, the cap a day, and the lease."""

import asyncio
import signal
import threading
import time
from collections import Counter
from datetime import time as time_of_day
from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
import redis
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction
from limits.aio.strategies import MovingWindowRateLimiter

from notifications.channels import NOT_BEGUN, Courier, courier, demo
from notifications.channels.rate import Rate
from notifications.channels.window import Window
from notifications.domain.quiet import QuietHours
from notifications.domain.states import Verdict
from notifications.models import Alarm, DailyCount, Message
from notifications.services import claim_due, dispatch, dispatch_until_idle, dispatching
from notifications.services.recording import record
from tests.clinic_world import at, local
from tests.notifications.conftest import NOON
from tests.providers import Answer

HOUR = timedelta(hours=1)


class TestTheWindow:
    def run(self, window: Window, messages: int, seconds: float = 0.001) -> int:
        """The most that were ever under way."""
        most = under_way = 0

        async def one():
            nonlocal most, under_way
            async with window.turn():
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(seconds)
                under_way -= 1

        async def everyone():
            await asyncio.gather(*(one() for _ in range(messages)))

        asyncio.run(everyone())
        return most

    def test_no_more_are_under_way_than_it_lets(self):
        assert self.run(Window(8), 50) == 8

    def test_too_many_halves_it_once_for_those_of_the_same_moment(self):
        window = Window(64)

        async def story():
            begun = []
            for _ in range(64):
                async with window.turn():
                    begun.append(window.begun)
            for number in begun:
                window.too_many(number)
            assert window.size == 32
            async with window.turn():
                later = window.begun
            window.too_many(later)
            assert window.size == 16

        asyncio.run(story())

    def test_it_grows_back_by_one_for_each_full_window_that_went_well(self):
        window = Window(64, size=4)
        for _ in range(4):
            window.went_well()
        assert 4.8 < window.size <= 5
        for _ in range(5000):
            window.went_well()
        assert window.size == 64

    def test_it_never_closes(self):
        window = Window(4)

        async def story():
            for _ in range(10):
                async with window.turn():
                    window.too_many(window.begun)

        asyncio.run(story())
        assert window.size == 1
        assert self.run(window, 3) == 1

    def test_a_429_halves_what_the_process_has_under_way(self, text, twilio, settings):
        settings.DISPATCH_IN_FLIGHT = 16
        courier._sizes.clear()
        for _ in range(16):
            text()
        twilio.answer = lambda form: Answer(429, 20429)
        dispatch(now=NOON)
        assert courier._sizes["sms"] == 8
        twilio.answer = lambda form: Answer()
        dispatch(now=NOON + timedelta(seconds=31))
        assert 8 < courier._sizes["sms"] <= 10
        courier._sizes.clear()


class TestTheRate:
    @pytest.fixture
    def ten_a_second(self, settings, process_env):
        settings.SMS_PER_SECOND = 10

    @pytest.fixture
    def waited(self, monkeypatch) -> list[str]:
        """Who was told that there were too many within the last second."""
        told, usual = [], MovingWindowRateLimiter.hit

        async def hit(self, item, sender):
            may_leave = await usual(self, item, sender)
            if not may_leave:
                told.append(sender)
            return may_leave

        monkeypatch.setattr(MovingWindowRateLimiter, "hit", hit)
        return told

    def test_it_is_one_for_all_workers(self, ten_a_second):
        """Two threads with an event loop each, as two worker processes have: ten a second together, not each."""
        times: list[float] = []

        def work():
            async def one():
                rate = Rate("+12125550199", 10)
                for _ in range(13):
                    await rate.wait()
                    times.append(time.monotonic())

            asyncio.run(one())

        threads, started = [Thread(target=work) for _ in range(2)], time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(times) == 26
        assert max(times) - started > 1.8  # ten at once, ten a second later, and six after another one; each for itself, it would be one

    def test_control_each_for_itself_would_be_twice_as_fast(self, ten_a_second, waited):
        async def both():
            one, other = Rate("+12125550199", 10), Rate("+12125550198", 10)
            await asyncio.gather(*(rate.wait() for rate in (one, other) for _ in range(10)))

        asyncio.run(both())
        assert waited == []

    def test_another_sender_has_a_rate_of_its_own(self, ten_a_second, waited):
        async def story():
            mine, other = Rate("+12125550199", 10), Rate("+12125550198", 10)
            for _ in range(10):
                await mine.wait()
            await other.wait()

        asyncio.run(story())
        assert waited == []

    def test_without_redis_the_process_keeps_the_rate_for_itself(self, settings, caplog):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"

        async def story():
            rate = Rate("+12125550199", 10)
            started = time.monotonic()
            for _ in range(11):
                await rate.wait()
            return time.monotonic() - started

        assert 0.9 < asyncio.run(story()) < 6
        assert caplog.messages.count("Redis can't be reached; this process keeps the rate of texts for itself.") == 1

    def test_a_redis_that_forgets_everything_only_lets_a_second_more_go(self, ten_a_second, settings):
        async def story():
            rate = Rate("+12125550199", 10)
            for _ in range(10):
                await rate.wait()
            with redis.Redis.from_url(settings.REDIS_URL) as server:
                server.flushdb()
            await rate.wait()

        asyncio.run(story())

    def test_texts_leave_at_the_rate(self, ten_a_second, text, twilio):
        arrived, started = [], time.monotonic()

        def answer(form):
            arrived.append(time.monotonic())
            return Answer()

        twilio.answer = answer
        for _ in range(15):
            text()
        assert dispatch_until_idle(now=NOON).accepted == 15
        assert arrived[-1] - started > 0.9

    def test_without_a_rate_redis_isnt_asked(self, settings):
        settings.REDIS_URL = "redis://127.0.0.1:9/0"
        asyncio.run(asyncio.wait_for(self.wait_for(0), 1))

    async def wait_for(self, per_second: int):
        await Rate("+12125550199", per_second).wait()

    def test_no_more_are_taken_than_can_leave_well_within_the_lease(self, ten_a_second, settings, text, monkeypatch):
        """At one a second with 64 in flight, two workers would hold theirs for over three minutes; a task has two."""
        settings.DISPATCH_LEASE_SECONDS = 8
        for _ in range(25):
            text()
        most, given = 0, Courier.send

        def watch(self, messages, *, deadline):
            nonlocal most
            given(self, messages, deadline=deadline)
            most = max(most, self.under_way)

        monkeypatch.setattr(Courier, "send", watch)
        assert dispatch_until_idle(now=NOON).accepted == 25
        assert most == 10

    @pytest.mark.parametrize(("lease", "taken"), [(0.9, {"not begun": 4, "": 1}), (30, {"": 5})])
    def test_what_cant_have_its_turn_within_its_lease_leaves_it_to_others(self, settings, process_env, text, twilio, lease, taken):
        """The second one is the control: they would wait for as long as they may."""
        settings.SMS_PER_SECOND = 1
        for _ in range(5):
            text()
        claim, codes = claim_due(now=NOON), Counter()
        started = time.monotonic()
        with Courier() as sender:
            sender.send(claim.to_send, deadline=started + lease)
            while sender.under_way:
                codes.update(outcome.code for _, outcome in sender.take(10))
        assert codes == taken
        assert (time.monotonic() - started > 3) == (lease == 30)


class TestTheDaysCap:
    @pytest.fixture
    def cap(self, settings):
        settings.SMS_DAILY_CAP = 3

    def test_what_exceeds_it_waits_for_the_next_day(self, cap, text):
        for _ in range(5):
            text(expires_at=NOON + 24 * HOUR)
        assert len(claim_due(now=NOON).to_send) == 3
        assert claim_due(now=NOON).to_send == []
        waiting = Message.objects.filter(status="scheduled")
        assert {(message.reason, local(message.send_at)) for message in waiting} == {
            ("waits for tomorrow: the day's cap was reached", "Wed 11 Nov 00:00")
        }
        assert DailyCount.objects.values_list("channel", "day", "messages").get() == ("sms", at("2026-11-10").date(), 3)
        assert len(claim_due(now=at("2026-11-11", "09:00")).to_send) == 2

    def test_what_is_worthless_by_then_expires(self, cap, text):
        for _ in range(4):
            text(expires_at=NOON + 2 * HOUR)
        claim_due(now=NOON)
        claim_due(now=NOON)
        assert Message.objects.get(status="expired").reason == "the day's cap was reached, and tomorrow it is of no use"

    def test_an_operator_is_told(self, cap, text):
        for _ in range(4):
            text()
        claim_due(now=NOON)
        assert not Alarm.objects.exists()
        claim_due(now=NOON)
        assert (Alarm.objects.get().code, Alarm.objects.get().explanation) == (
            "daily cap",
            "The day's cap of 3 texts is reached; the rest waits.",
        )

    def test_emails_dont_count(self, cap, text):
        for _ in range(5):
            text(channel="email", address="ana@example.org")
        assert len(claim_due(now=NOON).to_send) == 5

    def test_six_workers_at_once_keep_to_it(self, settings, transactional_db, text, at_once):
        settings.SMS_DAILY_CAP = 25
        for _ in range(60):
            text()

        def claim_all():
            mine = 0
            while claim := claim_due(4, now=NOON).to_send:
                mine += len(claim)
            return mine

        assert sum(at_once([claim_all] * 6)) == 25

    def test_no_cap_counts_nothing(self, text):
        text()
        claim_due(now=NOON)
        assert not DailyCount.objects.exists()


class TestTheLease:
    def test_nothing_begins_once_it_may_have_run_out(self, text, twilio):
        message = text()
        claim = claim_due(now=NOON)
        with Courier() as sender:
            sender.send(claim.to_send, deadline=time.monotonic() - 1)
            while sender.under_way:
                for _claimed, outcome in sender.take(10):
                    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED_FOR_NOW, "not begun")
        assert twilio.requests == []
        assert claim.to_send[0].message_id == message.pk

    @pytest.mark.parametrize(("night", "sent"), [(QuietHours(time_of_day(21), time_of_day(8)), 0), (None, 1)])
    def test_nothing_begins_once_the_quiet_hours_have(self, text, twilio, night, sent):
        """Claimed half a second before nine, by a process that is frozen for a second."""
        evening = at("2026-11-10", "21:00") - timedelta(seconds=0.5)
        text(now=evening, quiet=night, time_zone="America/New_York", expires_at=evening + 24 * HOUR)
        claim = claim_due(now=evening)
        time.sleep(0.6)
        with Courier() as sender:
            sender.send(claim.to_send, deadline=claim.deadline)
            while sender.under_way:
                sender.take(1)
        assert len(twilio.requests) == sent

    def test_what_has_become_worthless_meanwhile_isnt_sent(self, text, twilio):
        """Claimed with half a second to go, by a process that is frozen for a second."""
        text(expires_at=NOON + timedelta(seconds=0.5))
        lasting = text(expires_at=NOON + HOUR)
        claim = claim_due(now=NOON)
        time.sleep(0.6)
        with Courier() as sender:
            sender.send(claim.to_send, deadline=claim.deadline)
            outcomes = {}
            while sender.under_way:
                outcomes |= {claimed.message_id: outcome for claimed, outcome in sender.take(10)}
        record([*claim.to_send], [outcomes[claimed.message_id] for claimed in claim.to_send], now=NOON + timedelta(seconds=0.6))
        assert [form["To"] for form in twilio.requests] == [lasting.address]
        assert set(Message.objects.values_list("status", "reason")) == {
            ("accepted", ""),
            ("expired", "not accepted in time: its turn didn't come in time"),
        }

    @pytest.mark.parametrize(("last_begin", "takes", "requests"), [(4, 5, 1), (30, 1, 3)])
    def test_a_run_ends_in_time_however_slow_the_provider_is(self, text, twilio, settings, monkeypatch, last_begin, takes, requests):
        """One at a time, since it has said “too many”. The second one is the control: a task's time limit would meet them waiting."""
        settings.DISPATCH_IN_FLIGHT = 1
        monkeypatch.setattr(dispatching, "LAST_BEGIN_SECONDS", last_begin)
        twilio.answer = lambda form: Answer(after_seconds=takes)
        for _ in range(3):
            text()
        dispatch_until_idle(now=NOON, for_seconds=0.1)
        assert len(twilio.requests) == requests

    def test_a_try_that_never_began_makes_no_pause_longer(self, text):
        message = text()
        Message.objects.filter(pk=message.pk).update(attempts=7)
        claim = claim_due(now=NOON)
        record(claim.to_send, [NOT_BEGUN], now=NOON)
        message.refresh_from_db()
        assert message.send_at - NOON <= timedelta(seconds=30)

    def test_the_deadline_lies_within_it(self, text, settings):
        text()
        before = time.monotonic()
        claim = claim_due(now=NOON)
        assert before < claim.deadline < before + settings.DISPATCH_LEASE_SECONDS - settings.TWILIO_TIMEOUT_SECONDS

    def test_a_claim_inside_another_transaction_is_refused(self, transactional_db, text):
        text()
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            claim_due(now=NOON)


class TestBesideTheSending:
    @pytest.mark.parametrize("is_mended", [True, False])
    def test_a_time_limit_that_breaks_into_a_statement_loses_no_other_outcome(self, transactional_db, text, twilio, monkeypatch, is_mended):
        """Celery raises it wherever the task just is; PostgreSQL's connection stays in the middle of that statement."""
        twilio.answer = lambda form: Answer(after_seconds=1.5)
        message = text()
        claims = iter([dispatching.claim_due])

        def claim(limit, *, only_urgent, now):
            for take in claims:
                return take(limit, now=now)._replace(seen=limit)
            signal.setitimer(signal.ITIMER_REAL, 1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
            raise AssertionError

        def limit(*args):
            raise SoftTimeLimitExceeded

        monkeypatch.setattr(dispatching, "claim_due", claim)
        if not is_mended:
            monkeypatch.setattr(dispatching, "connection", SimpleNamespace(in_atomic_block=True))
        before = signal.signal(signal.SIGALRM, limit)
        try:
            with pytest.raises(SoftTimeLimitExceeded):
                dispatch_until_idle(now=NOON)
        finally:
            signal.signal(signal.SIGALRM, before)
            connection.close()
        assert Message.objects.get(pk=message.pk).status == ("accepted" if is_mended else "sending")

    def test_a_channel_that_cant_be_closed_leaves_no_thread_behind(self, text, monkeypatch):
        async def close(self, *exc_info):
            raise ZeroDivisionError

        monkeypatch.setattr(demo.Channel, "__aexit__", close)
        text()
        with pytest.raises(ZeroDivisionError):
            dispatch(now=NOON)
        assert Message.objects.get().status == "accepted"
        assert "courier" not in {thread.name for thread in threading.enumerate()}

    def test_batches_are_claimed_while_others_are_under_way(self, text, twilio, settings):
        """Ten batches of four, each answer half a second away: one after the other would take five seconds."""
        settings.DISPATCH_BATCH_SIZE = 4
        for _ in range(40):
            text()
        twilio.answer = lambda form: Answer(after_seconds=0.5)
        started = time.monotonic()
        assert dispatch_until_idle(now=NOON).accepted == 40
        assert time.monotonic() - started < 5

    def test_no_transaction_is_open_while_the_network_is_awaited(self, transactional_db, text, twilio):

        states = []
        all_under_way, all_have_looked = Barrier(3), Barrier(3)  # what is answered is written down at once, in a transaction

        def answer(form):
            all_under_way.wait(timeout=20)
            with connection.cursor() as cursor:
                others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                cursor.execute(f"SELECT state FROM pg_stat_activity WHERE {others}")
                states.extend(row[0] for row in cursor.fetchall())
            connection.close()
            all_have_looked.wait(timeout=20)
            return Answer()

        twilio.answer = answer
        for _ in range(3):
            text()
        dispatch(now=NOON)
        assert states
        assert not [state for state in states if state.startswith("idle in transaction")]

    def test_no_more_are_claimed_than_are_under_way_and_two_batches(self, text, settings, monkeypatch):
        settings.DISPATCH_BATCH_SIZE = settings.DISPATCH_IN_FLIGHT = 5
        for _ in range(30):
            text()
        most = 0

        async def send(self, message):
            nonlocal most
            await asyncio.sleep(0.02)
            return f"demo-{message.message_id}"

        given = Courier.send

        def watch(self, messages, *, deadline):
            nonlocal most
            given(self, messages, deadline=deadline)
            most = max(most, self.under_way)

        monkeypatch.setattr(demo.Channel, "send", send)
        monkeypatch.setattr(Courier, "send", watch)
        assert dispatch_until_idle(now=NOON).accepted == 30
        assert most <= 15

    def test_when_a_claim_goes_wrong_what_is_under_way_is_still_written_down(self, text, twilio, settings, monkeypatch):
        from notifications.services import dispatching

        settings.DISPATCH_BATCH_SIZE = 2
        for _ in range(5):
            text()
        claims = iter([claim_due, claim_due])

        def claim(limit, *, only_urgent, now):
            try:
                return next(claims)(limit, now=now)
            except StopIteration:
                raise ZeroDivisionError from None

        monkeypatch.setattr(dispatching, "claim_due", claim)
        with pytest.raises(ZeroDivisionError):
            dispatch_until_idle(now=NOON)
        assert sorted(Message.objects.values_list("status", flat=True)) == ["accepted"] * 4 + ["scheduled"]


class TestWhilePostgresqlRestarts:
    @pytest.fixture
    def restarting(self, transactional_db, monkeypatch):
        """The next two statements that record find no server."""
        from django.db import OperationalError

        from notifications.services import recording

        failures, real = [1, 2], recording.record

        def record(*args, **kwargs):
            if failures:
                failures.pop()
                raise OperationalError("the server closed the connection")
            real(*args, **kwargs)

        monkeypatch.setattr(recording, "record", record)
        return failures

    def test_what_became_of_a_batch_is_kept_until_it_can_be_written_down(self, restarting, text, twilio):
        text()
        assert dispatch(now=NOON).accepted == 1
        assert (restarting, Message.objects.get().status) == ([], "accepted")

    def test_one_outcome_that_cant_be_written_takes_no_other_along(self, transactional_db, text, monkeypatch):
        from django.db import DataError

        from notifications.services import recording

        messages, real = [text() for _ in range(3)], recording.record

        def record(batch, outcomes, *, now):
            if messages[1].pk in {claimed.message_id for claimed in batch}:
                raise DataError("a NUL")
            real(batch, outcomes, now=now)

        monkeypatch.setattr(recording, "record", record)
        dispatch(now=NOON)
        assert [Message.objects.get(pk=message.pk).status for message in messages] == ["accepted", "sending", "accepted"]

    def test_not_for_ever(self, restarting, text, settings):
        from django.db import OperationalError

        settings.DISPATCH_LEASE_SECONDS = 0
        text()
        with pytest.raises(OperationalError):
            dispatch(now=NOON)
        assert Message.objects.get().status == "sending"


def test_a_zone_that_postgresql_doesnt_know_cant_be_written(text):
    """One such row would stop every claim."""
    message = text()
    with pytest.raises(Exception, match="time zone") as refusal, transaction.atomic():
        Message.objects.filter(pk=message.pk).update(time_zone="Mars/Olympus")
    assert not isinstance(refusal.value, IntegrityError)
    assert len(claim_due(now=NOON).to_send) == 1
