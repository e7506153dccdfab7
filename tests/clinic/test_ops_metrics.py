"""/metrics: what Prometheus reads, and that it is so."""

import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from aftercare.services import raise_concern
from clinic.ops import hearts
from clinic.ops.tallies import BOUNDS, count, sum_up, totals
from notifications.channels import twilio as twilio_channel
from notifications.models import Message
from notifications.services import cancel, dispatch, raise_alarm, record_receipt, suppress
from tests.clinic_world import FIRST
from tests.notifications.conftest import NOON, _wide_open, text
from tests.providers import Answer
from tests.staff import member

__all__ = ["_wide_open", "text"]

TOKEN = "a-token-for-tests"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _not_the_real_time(monkeypatch):
    monkeypatch.setattr(twilio_channel, "timezone", type("Noon", (), {"now": staticmethod(lambda: NOON)}))


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def scraped():
    """Name → labels → value."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        assert family.documentation
        assert family.type in ("gauge", "counter", "histogram")
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def states():
    """As they are in the table itself."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT channel, status, count(*) FROM notifications_message GROUP BY channel, status")
        return {(channel, status): number for channel, status, number in cursor.fetchall()}


def counted_states():
    return {key: number for key, number in totals().get("messages", {}).items() if number}


class TestWhoMay:
    def test_without_a_token_there_is_no_such_page(self, db, settings):
        settings.METRICS_TOKEN = ""
        for given in ("", "Bearer ", "Bearer None"):
            assert Client().get("/metrics", headers={"Authorization": given}).status_code == 404

    @pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer another", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}s", "é"])
    def test_another_one_is_refused(self, db, given):
        answer = Client().get("/metrics", headers={"Authorization": given})
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert b"afterglow_" not in answer.content

    def test_being_a_manager_is_no_token(self, sign_in):
        assert sign_in("Manager").get("/metrics").status_code == 401


class TestMessages:
    def test_each_is_counted_where_it_stands(self, text, twilio):
        twilio.answer = lambda form: Answer(400, 21211) if form["To"].endswith("3") else Answer()
        messages = [text() for _ in range(5)]
        text(channel="email", address="ana@example.org", send_at=NOON + MINUTE)
        cancel([messages[0].pk], reason="the appointment was cancelled")
        suppress("sms", messages[1].address, reason="replied STOP", now=NOON)
        dispatch(now=NOON)

        assert scraped()["afterglow_messages"] == {
            ("email", "scheduled"): 1,
            ("sms", "accepted"): 2,
            ("sms", "cancelled"): 1,
            ("sms", "failed"): 1,
            ("sms", "scheduled"): 0,
            ("sms", "sending"): 0,
            ("sms", "suppressed"): 1,
        }

    def test_whoever_writes_them(self, text):
        """Raw SQL, too; and what is rolled back never was."""
        for _ in range(3):
            text()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_message SET status = 'expired' WHERE id = (SELECT min(id) FROM notifications_message)")
        with transaction.atomic():
            Message.objects.update(status="cancelled")
            transaction.set_rollback(True)
        Message.objects.filter(status="scheduled").first().delete()

        assert counted_states() == states() == {("sms", "expired"): 1, ("sms", "scheduled"): 1}

    def test_whatever_happens_the_sums_are_the_tables(self, text):
        dice = random.Random(7)
        messages = [text(channel=dice.choice(["sms", "email"])) for _ in range(20)]
        for step in range(60):
            some = dice.sample([message.pk for message in messages], 4)
            Message.objects.filter(pk__in=some).update(status=dice.choice(["scheduled", "sending", "accepted", "delivered", "failed"]))
            if step % 7 == 0:
                sum_up()
            assert counted_states() == states()

    def test_summed_up_there_is_one_row_for_each(self, text):
        for _ in range(10):
            text()
        with connection.cursor() as cursor:
            sum_up()
            cursor.execute("SELECT number FROM clinic_tally WHERE metric = 'messages'")
            assert cursor.fetchall() == [(10,)]


class TestLateness:
    def buckets(self, channel="sms"):
        found = scraped()
        bounds = found["afterglow_message_lateness_seconds_bucket"]
        of = {bound: value for (of_channel, bound), value in bounds.items() if of_channel == channel}
        return (
            {bound: value for bound, value in of.items() if value},
            found["afterglow_message_lateness_seconds_count"][(channel,)],
            found["afterglow_message_lateness_seconds_sum"][(channel,)],
        )

    def test_it_is_cumulative_up_to_infinity(self, text, twilio):
        for late in (0, 4, 45, 700):
            text(send_at=NOON - timedelta(seconds=late))
        dispatch(now=NOON)

        held = {"1.0": 1, "2.5": 1, "5.0": 2, "10.0": 2, "30.0": 2, "60.0": 3, "120.0": 3, "300.0": 3, "600.0": 3}
        bounds, number, seconds = self.buckets()
        assert {bound: bounds[bound] for bound in held} == held
        assert [bounds[bound] for bound in ("1800.0", "3600.0", "14400.0", "+Inf")] == [4, 4, 4, 4]
        assert (number, seconds) == (4, 749)

    def test_each_bound_holds_what_is_just_so_late_and_nothing_later(self, text, twilio):
        """PostgreSQL sorts them in, by bounds of its own: with one that the page doesn't have, what is held there is lost to it."""
        for bound in BOUNDS:
            for late in (bound, bound + 0.001):
                text(send_at=NOON - timedelta(seconds=late))
        dispatch(now=NOON)

        bounds, number, _seconds = self.buckets()
        assert bounds == {str(float(bound)): 2 * place + 1 for place, bound in enumerate(BOUNDS)} | {"+Inf": 2 * len(BOUNDS)}
        assert number == 2 * len(BOUNDS)

    def test_what_was_refused_at_first_is_late_from_its_first_try(self, text, twilio):
        twilio.answer = lambda form: Answer(429, 20429)
        text()
        dispatch(now=NOON)
        twilio.answer = lambda form: Answer()
        dispatch(now=NOON + 5 * MINUTE)

        assert self.buckets()[1:] == (1, 300)

    def test_the_quiet_hours_are_no_lateness(self, text, twilio):
        from notifications.domain.quiet import QuietHours

        text(quiet=QuietHours(NOON.time(), (NOON + timedelta(hours=1)).time()), time_zone="America/New_York")
        dispatch(now=NOON)
        dispatch(now=NOON + timedelta(hours=1))

        assert self.buckets()[1:] == (1, 0)

    def test_a_receipt_doesnt_make_it_later(self, text, twilio):
        message = text()
        dispatch(now=NOON)
        tried = message.attempt_set.get()
        record_receipt(message.pk, tried.token, provider_id=tried.provider_id, status="delivered", now=NOON + MINUTE)

        assert self.buckets()[1:] == (1, 0)


class TestErrors:
    def test_each_try_that_is_refused_counts(self, text, twilio):
        twilio.answer = lambda form: Answer(429, 20429)
        text()
        dispatch(now=NOON)
        dispatch(now=NOON + 5 * MINUTE)

        assert scraped()["afterglow_provider_errors_total"] == {("sms", "20429"): 2}

    def test_so_does_what_couldnt_be_delivered_once(self, text, twilio):
        message = text()
        dispatch(now=NOON)
        tried = message.attempt_set.get()
        for _ in range(2):
            record_receipt(
                message.pk, tried.token, provider_id=tried.provider_id, status="undelivered", error_code="30007", now=NOON + MINUTE
            )

        assert scraped()["afterglow_provider_errors_total"] == {("sms", "30007"): 1}

    def test_a_later_step_with_the_same_code_doesnt(self, text, twilio):
        twilio.answer = lambda form: Answer(429, 20429)
        message = text(expires_at=NOON + timedelta(hours=3))
        dispatch(now=NOON)
        cancel([message.pk], reason="the appointment was cancelled")

        assert scraped()["afterglow_provider_errors_total"] == {("sms", "20429"): 1}


class TestBookingsRefused:
    def test_the_desk_is_refused_and_it_counts(self, committed_clinic, client):
        clinic = committed_clinic
        clinic.book(clinic.ana, FIRST)
        client.force_login(member("Front desk"))
        asked = {"patient": clinic.ben.pk, "treatment": clinic.face.pk, "practitioner": clinic.dana.pk, "room": clinic.room.pk}
        answer = client.post("/admin/scheduling/appointment/add/", asked | {"starts_at": "2026-11-03T13:00"})

        assert answer.status_code == 200
        assert sum(scraped().get("afterglow_bookings_refused_total", {}).values()) == 1

    def test_what_is_only_tried_out_is_refused_to_nobody(self, committed_clinic):
        from scheduling import services

        clinic = committed_clinic
        booked = clinic.book(clinic.ana, FIRST)
        clinic.book(clinic.ben, FIRST + timedelta(hours=3))
        assert services.foresee_move(booked, starts_at=FIRST + timedelta(hours=3), practitioner=None, room=None, now=FIRST).refusal

        assert totals().get("bookings refused") is None

    def test_by_its_reason(self, db):
        for code in ("too_soon", "room_busy", "too_soon"):
            count("bookings refused", code)

        assert scraped()["afterglow_bookings_refused_total"] == {("too_soon",): 2, ("room_busy",): 1}


def test_the_queue_hearts_concerns_and_alarms(clinic, text):
    from django.utils import timezone

    now = timezone.now()
    text(send_at=now - 2 * MINUTE, expires_at=now + timedelta(hours=1), now=now)
    text(send_at=now + 2 * MINUTE, expires_at=now + timedelta(hours=1), now=now)
    hearts.beat("worker", "celery@here")
    raise_concern(patient=clinic.ana, severity="urgent", said="It bleeds.", now=now)
    raise_alarm("sms", "30007", "carriers filter our texts", now=now)

    found = scraped()

    # The database's clock stands since the test's transaction began, some moments before ours was read.
    assert 110 < found["afterglow_queue_age_seconds"][()] < 130
    assert found["afterglow_oldest_due_seconds"] == found["afterglow_queue_age_seconds"]
    assert found["afterglow_heartbeat_age_seconds"][("worker", "celery@here")] < 10
    assert found["afterglow_concerns_open"] == {("urgent",): 1, ("soon",): 0}
    assert found["afterglow_alarms_open"] == {(): 2}  # nobody is on call, either


def test_nothing_in_it_is_about_a_patient(clinic, text, twilio):
    twilio.answer = lambda form: Answer(400, 21211)
    text(address="+12125550101", body="Ana Alvarez")
    dispatch(now=NOON)

    page = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()

    assert "21211" in page
    assert not any(word in page for word in ("5550101", "Ana", "Alvarez"))
