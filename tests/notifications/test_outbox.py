"""Into the outbox, out of it again, and the claim that hands each message to one worker."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from notifications.domain.backoff import backoff
from notifications.domain.quiet import QuietHours
from notifications.models import Attempt, Message, address_hash
from notifications.services import Draft, cancel, claim_due, claiming, schedule, suppress
from tests.clinic_world import at, local, wait_until, waiting_for_a_lock
from tests.notifications.conftest import NOON
from tests.wire import round_trips

NIGHT = QuietHours(time(21), time(8))


def draft(key: str = "one", **changed) -> Draft:
    wanted = {"dedupe_key": key, "channel": "sms", "address": "+12125550101", "body": "Hello.", "send_at": NOON}
    return Draft(**wanted | {"expires_at": NOON + timedelta(hours=2)} | changed)


class TestScheduling:
    def test_the_same_key_is_the_same_message_however_often_it_is_scheduled(self, db):
        (first,) = schedule([draft()], now=NOON)
        (second,) = schedule([draft(body="Something else.", send_at=NOON + timedelta(hours=1))], now=NOON)
        message = Message.objects.get()
        assert first.pk == second.pk == message.pk
        assert (message.body, message.send_at) == ("Hello.", NOON)

    def test_the_same_key_twice_in_one_go(self, db):
        first, other, again = schedule([draft(), draft("two"), draft()], now=NOON)
        assert Message.objects.count() == 2
        assert first.pk == again.pk != other.pk

    def test_a_key_that_was_sent_or_cancelled_stays_what_it_is(self, text):
        sent = text(dedupe_key="one")
        Message.objects.update(status="accepted")
        schedule([draft()], now=NOON)
        assert Message.objects.get() == sent
        assert Message.objects.get().status == "accepted"

    def test_ids_come_back_in_the_drafts_order(self, db):
        schedule([draft("b")], now=NOON)
        keys = ["c", "b", "a"]
        assert [Message.objects.get(pk=message.pk).dedupe_key for message in schedule([draft(key) for key in keys], now=NOON)] == keys

    def test_nothing_to_schedule(self, db):
        assert schedule([], now=NOON) == []

    def test_a_row_is_all_that_the_draft_says(self, db):
        wanted = draft(
            "ana's",
            channel="email",
            address="Ana@example.org",
            subject="Día 1: “hoy”",
            body='Line 1\n\tline 2, \\ and "quoted" %s %(now)s 💧',
            html="<p>&nbsp;</p>",
            from_name="Maple Street Clinic",
            unsubscribe_url="https://clinic.example.org/emails/7/",
            quiet=NIGHT,
            time_zone="America/Los_Angeles",
            reference="patient-7",
            send_at=NOON + timedelta(microseconds=1),
        )
        (scheduled,) = schedule([wanted], now=NOON)
        message = Message.objects.get()
        assert scheduled == message
        for name in ("dedupe_key", "channel", "address", "subject", "body", "html", "time_zone", "reference", "send_at", "expires_at"):
            assert getattr(message, name) == getattr(scheduled, name) == getattr(wanted, name)
        assert (message.quiet_from, message.quiet_until) == (time(21), time(8))
        assert (message.due_at, message.created_at) == (NOON + timedelta(microseconds=1), NOON)
        assert message.address_hash == address_hash("ana@example.org")
        assert (message.from_name, message.unsubscribe_url) == (wanted.from_name, wanted.unsubscribe_url)
        said = {"from_name", "unsubscribe_url"}
        said |= {"id", "dedupe_key", "channel", "address", "address_hash", "subject", "body", "html", "quiet_from", "quiet_until"}
        said |= {"time_zone", "reference", "due_at", "send_at", "expires_at", "created_at"}
        for field in Message._meta.concrete_fields:
            if field.name not in said:  # the rest is as the model's own defaults are
                assert getattr(message, field.name) == getattr(Message(), field.name)

    def test_thirty_are_one_round_trip(self, db):
        assert not Message.objects.exists()  # BEGIN has been said
        with round_trips() as trips:
            schedule([draft(str(number)) for number in range(30)], now=NOON)
        assert len(trips) == 1
        assert Message.objects.count() == 30

    def test_it_joins_the_callers_transaction(self, db):
        def schedule_and_fail():
            with transaction.atomic():
                schedule([draft()], now=NOON)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            schedule_and_fail()
        assert not Message.objects.exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"expires_at": NOON},  # worthless before it is sent
            {"expires_at": NOON - timedelta(hours=1)},
        ],
    )
    def test_a_message_that_expires_before_it_is_sent_is_refused(self, db, wrong):
        with pytest.raises(IntegrityError), transaction.atomic():
            schedule([draft(**wrong)], now=NOON)
        assert not Message.objects.exists()

    @pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"time_zone": "localtime"}, {"channel": "fax"}, {"address": ""}])
    def test_what_no_claim_or_channel_could_handle_is_refused_at_once(self, db, wrong):
        with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", " ")), transaction.atomic():
            schedule([draft(), draft("poisoned", **wrong)], now=NOON)
        assert not Message.objects.exists()

    def test_a_message_is_safe_to_log(self, text):
        assert str(text()) == f"Message {Message.objects.get().pk}"


class TestCancelling:
    def test_what_is_scheduled_is_cancelled_with_its_reason(self, text):
        first, second = text(), text()
        assert cancel([first.pk], reason="the appointment was moved") == 1
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, first.reason, second.status) == ("cancelled", "the appointment was moved", "scheduled")
        assert claim_due(now=NOON).to_send[0].message_id == second.pk

    def test_what_is_claimed_cant_be_called_back(self, text):
        message = text()
        claim_due(now=NOON)
        assert cancel([message.pk], reason="too late") == 0
        message.refresh_from_db()
        assert (message.status, message.reason) == ("sending", "")

    @pytest.mark.parametrize("status", ["accepted", "delivered", "failed", "expired", "suppressed", "cancelled", "uncertain"])
    def test_what_is_over_stays_as_it_is(self, text, status):
        message = text()
        Message.objects.update(status=status, reason="as it was")
        assert cancel([message.pk], reason="too late") == 0
        message.refresh_from_db()
        assert (message.status, message.reason) == (status, "as it was")

    def test_nothing_to_cancel(self, db):
        assert cancel([], reason="too late") == 0
        assert cancel(Message.objects.none(), reason="too late") == 0

    def test_thirty_of_every_state_are_one_statement(self, text):
        """A query for them is part of it."""
        ours = [text(reference="ours") for _ in range(30)]
        other = text()
        for message, status in zip(ours, ["sending", "uncertain", "accepted", "delivered"], strict=False):
            Message.objects.filter(pk=message.pk).update(status=status, reason="as it was")
        with round_trips() as trips:
            assert cancel(Message.objects.filter(reference="ours").values("pk"), reason="the appointment was moved") == 26
        assert len(trips) == 1
        for message in ours:
            message.refresh_from_db()
        assert [(message.status, message.reason) for message in ours[:5]] == [
            ("sending", "as it was"),
            ("uncertain", "as it was"),
            ("accepted", "as it was"),
            ("delivered", "as it was"),
            ("cancelled", "the appointment was moved"),
        ]
        worthless = NOON + timedelta(microseconds=1)
        assert [message.expires_at == worthless for message in ours[:5]] == [True, True, False, False, False]
        assert Message.objects.get(pk=other.pk).status == "scheduled"

    def test_what_is_claimed_meanwhile_is_seen_as_claimed(self, transactional_db, text):
        """It waits for the claim's lock, and decides by what the claim made of the message."""
        message = text()
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                Message.objects.filter(pk=message.pk).update(status="sending")
                cancelling = pool.submit(closing(lambda: cancel([message.pk], reason="too late")))
                wait_until(lambda: waiting_for_a_lock() == 1)
            assert cancelling.result(timeout=10) == 0
        message.refresh_from_db()
        assert (message.status, message.expires_at) == ("sending", NOON + timedelta(microseconds=1))

    def test_two_who_cancel_the_same_ones_never_wait_in_a_circle(self, transactional_db, text):
        """Whatever order they are asked for in."""
        ids = [text().pk, text().pk]
        assert sorted(self.at_once_while_the_first_is_locked(ids, lambda: cancel(ids[::-1], reason="moved"))) == [0, 2]

    def test_control_somebody_who_locks_them_the_other_way_round_would(self, transactional_db, text):
        ids = [text().pk, text().pk]

        def lock_backwards() -> int:
            with transaction.atomic():
                return len(Message.objects.filter(pk__in=ids).order_by("-pk").select_for_update())

        with pytest.raises(OperationalError, match="deadlock detected"):
            self.at_once_while_the_first_is_locked(ids, lock_backwards)

    def at_once_while_the_first_is_locked(self, ids: list[int], other: Callable[[], int]) -> list[int]:
        """Cancel them, and do the other thing, beginning at the same moment: when the first of them is free."""
        with ThreadPoolExecutor(2) as pool:
            with transaction.atomic():
                Message.objects.select_for_update().get(pk=ids[0])
                ways = [pool.submit(closing(lambda: cancel(ids, reason="moved")))]
                wait_until(lambda: waiting_for_a_lock() == 1)
                ways.append(pool.submit(closing(other)))
                wait_until(lambda: waiting_for_a_lock() == 2)
            return [way.result(timeout=20) for way in ways]


class TestClaiming:
    def test_what_is_due_comes_with_all_that_a_channel_needs_under_a_lease(self, text):
        message = text(subject="Subject", html="<p>Hello</p>")
        (claimed,) = claim_due(now=NOON).to_send
        assert (claimed.message_id, claimed.channel, claimed.address, claimed.body) == (message.pk, "sms", message.address, message.body)
        assert (claimed.subject, claimed.html, claimed.expires_at, claimed.attempts) == ("Subject", "<p>Hello</p>", message.expires_at, 1)
        message.refresh_from_db()
        assert (message.status, message.token, message.lease_until) == ("sending", claimed.token, NOON + timedelta(seconds=120))
        attempt = Attempt.objects.get()
        assert (attempt.message, attempt.token, attempt.started_at, attempt.finished_at) == (message, claimed.token, NOON, None)

    def test_nothing_is_claimed_before_its_time_and_nothing_twice(self, text):
        text(send_at=NOON + timedelta(seconds=1))
        assert claim_due(now=NOON)[:2] == ([], 0)
        assert len(claim_due(now=NOON + timedelta(seconds=1)).to_send) == 1
        assert claim_due(now=NOON + timedelta(seconds=2))[:2] == ([], 0)

    def test_the_earliest_come_first_up_to_the_limit(self, text):
        late, early, middle = (text(send_at=NOON - timedelta(minutes=minutes)) for minutes in (1, 30, 10))
        assert [claimed.message_id for claimed in claim_due(2, now=NOON).to_send] == [early.pk, middle.pk]
        assert [claimed.message_id for claimed in claim_due(2, now=NOON).to_send] == [late.pk]

    def test_without_now_the_databases_clock_decides(self, text):
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            (now,) = cursor.fetchone()
        text(now=now - timedelta(seconds=1))
        text(now=now + timedelta(hours=1))
        assert len(claim_due().to_send) == 1

    def test_an_address_that_opted_out_gets_nothing(self, text):
        message, other = text(address="+12125550101"), text(address="+12125550102")
        suppress("sms", "+12125550101", reason="STOP")
        claim = claim_due(now=NOON)
        assert [claimed.message_id for claimed in claim.to_send] == [other.pk]
        assert claim.seen == 2
        message.refresh_from_db()
        assert (message.status, message.reason, message.attempts) == ("suppressed", "the address opted out", 0)
        assert not Attempt.objects.filter(message=message).exists()

    def test_an_opt_out_is_for_its_channel(self, text):
        suppress("email", "+12125550101", reason="unsubscribed")
        assert text(address="+12125550101").pk in [claimed.message_id for claimed in claim_due(now=NOON).to_send]

    def test_an_address_that_opted_out_is_the_same_however_it_is_written(self, text):
        text(channel="email", address="Ana@Example.org")
        suppress("email", "ana@example.org ", reason="unsubscribed")
        assert claim_due(now=NOON).to_send == []

    def test_what_is_past_its_validity_expires(self, text):
        message = text(send_at=NOON - timedelta(hours=2), expires_at=NOON)
        assert claim_due(now=NOON).to_send == []
        message.refresh_from_db()
        assert (message.status, message.reason) == ("expired", "too late to be of use")

    def test_one_second_before_it_is_still_of_use(self, text):
        text(send_at=NOON - timedelta(hours=2), expires_at=NOON + timedelta(seconds=1))
        assert len(claim_due(now=NOON).to_send) == 1


class TestQuietHours:
    def late(self, text, **changed) -> Message:
        send_at = at("2026-11-10", "21:30")
        wanted = {"send_at": send_at, "expires_at": send_at + timedelta(hours=24), "quiet": NIGHT, "time_zone": "America/New_York"}
        return text(**wanted | changed)

    def test_a_message_waits_for_their_end(self, text):
        message = self.late(text)
        assert claim_due(now=at("2026-11-10", "21:30"))[:2] == ([], 1)
        message.refresh_from_db()
        assert (message.status, message.reason) == ("scheduled", "waits for the end of the quiet hours")
        assert (local(message.send_at), message.attempts, message.token) == ("Wed 11 Nov 08:00", 0, None)
        assert claim_due(now=at("2026-11-11", "07:59"))[:2] == ([], 0)
        assert len(claim_due(now=at("2026-11-11", "08:00")).to_send) == 1

    def test_the_patients_own_clock_counts(self, text):
        message = self.late(text, time_zone="America/Los_Angeles")  # half past six in the evening there
        assert [claimed.message_id for claimed in claim_due(now=at("2026-11-10", "21:30")).to_send] == [message.pk]

    def test_what_is_worthless_by_their_end_expires(self, text):
        message = self.late(text, expires_at=at("2026-11-11", "08:00"))
        assert claim_due(now=at("2026-11-10", "21:30")).to_send == []
        message.refresh_from_db()
        assert (message.status, message.reason) == ("expired", "of no use after the quiet hours")

    def test_without_quiet_hours_a_message_goes_at_night(self, text):
        self.late(text, quiet=None)
        assert len(claim_due(now=at("2026-11-10", "23:00")).to_send) == 1

    @pytest.mark.parametrize("clock", ["21:00", "23:59", "00:00", "07:59"])
    def test_both_sides_of_midnight_are_quiet(self, text, clock):
        day = "2026-11-10" if clock > "12" else "2026-11-11"
        self.late(text, send_at=at("2026-11-10", "20:00"), expires_at=at("2026-11-12", "20:00"))
        assert claim_due(now=at(day, clock)).to_send == []
        assert local(Message.objects.get().send_at) == "Wed 11 Nov 08:00"

    @pytest.mark.parametrize("clock", ["20:59", "08:00"])
    def test_their_edges_are_not(self, text, clock):
        self.late(text, send_at=at("2026-11-10", "08:00"), expires_at=at("2026-11-12", "20:00"))
        assert len(claim_due(now=at("2026-11-10", clock)).to_send) == 1

    @pytest.mark.parametrize(
        ("now", "wakes_at"),
        [
            (at("2026-03-07", "23:00"), "2026-03-08T08:00-04:00"),
            (at("2026-10-31", "23:00"), "2026-11-01T08:00-05:00"),
            (at("2026-11-01", "01:30").replace(fold=1), "2026-11-01T08:00-05:00"),
        ],
    )
    def test_over_a_daylight_saving_change(self, text, now, wakes_at):
        message = self.late(text, send_at=now, expires_at=now + timedelta(days=1))
        claim_due(now=now)
        message.refresh_from_db()
        assert message.send_at.astimezone(now.tzinfo).isoformat(timespec="minutes") == wakes_at

    def test_quiet_hours_within_one_day(self, text):
        siesta = QuietHours(time(13), time(15))
        self.late(text, quiet=siesta, send_at=at("2026-11-10", "13:30"))
        assert claim_due(now=at("2026-11-10", "13:30")).to_send == []
        assert local(Message.objects.get().send_at) == "Tue 10 Nov 15:00"


class TestTwoWorkers:
    def test_no_message_is_ever_claimed_twice(self, transactional_db, text, at_once):
        for _ in range(120):
            text()

        def claim_all():
            mine = []
            while claim := claim_due(7, now=NOON).to_send:
                mine += [claimed.message_id for claimed in claim]
            return mine

        shares = at_once([claim_all] * 6)
        claimed = [message_id for share in shares for message_id in share]
        assert len(claimed) == len(set(claimed)) == 120
        assert Attempt.objects.count() == 120
        assert set(Message.objects.values_list("status", "attempts")) == {("sending", 1)}

    def test_a_locked_message_is_skipped_not_waited_for(self, transactional_db, text, at_once):
        first, second = text(), text()
        with transaction.atomic():
            Message.objects.select_for_update().get(pk=first.pk)
            (claim,) = at_once([lambda: claim_due(now=NOON)])
        assert [claimed.message_id for claimed in claim.to_send] == [second.pk]

    @pytest.mark.parametrize(("guard", "takers"), [("FOR UPDATE OF m SKIP LOCKED", 0), ("", 2)])
    def test_control_without_the_guard_two_workers_take_the_same(self, transactional_db, text, monkeypatch, guard, takers):
        """Both look while a third holds the row. Guarded, neither takes it; unguarded, both do as soon as it is free."""
        message = text()
        monkeypatch.setattr(claiming, "CLAIM", claiming.CLAIM.replace("FOR UPDATE OF m SKIP LOCKED", guard))

        def claim():
            try:
                return claim_due(now=NOON).to_send
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            with transaction.atomic():
                Message.objects.select_for_update().get(pk=message.pk)
                claims = [pool.submit(claim) for _ in range(2)]
                wait_until(lambda: all(one.done() for one in claims) or waiting_for_a_lock() == 2)
            assert sum(len(one.result(timeout=10)) for one in claims) == takers


def closing(function: Callable[[], Any]) -> Callable[[], Any]:
    """For a thread of its own, whose connection would otherwise stay open."""

    def run() -> Any:
        try:
            return function()
        finally:
            connection.close()

    return run


class TestBackoff:
    @pytest.mark.parametrize(("attempts", "seconds"), [(1, 30), (2, 60), (3, 120), (7, 1920), (8, 3600), (9, 3600), (500, 3600)])
    def test_it_doubles_from_30_seconds_to_an_hour(self, attempts, seconds):
        assert backoff(attempts, jitter=0.0) == timedelta(seconds=seconds)

    def test_jitter_takes_away_up_to_a_half(self):
        assert backoff(1, jitter=1.0) == timedelta(seconds=15)
        assert backoff(3, jitter=0.5) == timedelta(seconds=90)
