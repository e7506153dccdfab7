"""Messages don't go, and the operators are told: by whoever is left, once, past the outbox."""

import signal
import time
from contextlib import ExitStack
from datetime import timedelta
from unittest.mock import Mock, patch

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from clinic.models import Heartbeat
from clinic.ops import hearts, watching
from clinic.ops.pulse import Pulse
from clinic.ops.watching import AGAIN_AFTER, CODE, watch, what_is_wrong
from notifications.channels import twilio as twilio_channel
from notifications.domain.quiet import QuietHours
from notifications.models import Alarm
from notifications.reports import backlog
from notifications.services import Draft, alarms, dispatch, pause, raise_alarm, reconcile, schedule
from tests.clinic_world import wait_until
from tests.notifications.conftest import NOON, _wide_open, text
from tests.processes import running
from tests.providers import Answer

__all__ = ["_wide_open", "text"]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LONG = 3600.0  # for which somebody has looked on


def late(minutes: float = 11) -> None:
    """A text that should have gone so long ago; nobody is woken for it."""
    now = timezone.now()
    with patch("notifications.receivers.wake"):
        schedule([Draft("late", "sms", "+12125550101", "Hello.", now - minutes * MINUTE, now + HOUR)], now=now)


@pytest.fixture(autouse=True)
def _nobody_seen_yet(monkeypatch):
    monkeypatch.setattr(watching, "SEEN_AT", {})


@pytest.fixture
def operators(settings, mail_server):
    """Two of them, with a mail server."""
    settings.OPERATOR_EMAILS = ["ops@example.org", "night@example.org"]
    settings.PUBLIC_BASE_URL = "https://clinic.example.org"
    return mail_server


@pytest.fixture
def all_live(db):
    hearts.beat("beat", "beat@here")
    hearts.beat("worker", "celery@here")


class TestWhatIsLate:
    """It could have gone. What waits on purpose isn't late, however long."""

    @pytest.fixture(autouse=True)
    def _not_the_real_time(self, monkeypatch):
        monkeypatch.setattr(twilio_channel, "timezone", type("Noon", (), {"now": staticmethod(lambda: NOON)}))

    def test_what_nobody_takes(self, text):
        text()
        text(send_at=NOON + 5 * MINUTE)

        now = backlog(NOON + 20 * MINUTE)

        assert (now.due, now.due_for, now.oldest) == (2, 1200, 1200)

    def test_nothing_before_its_time(self, text):
        text(send_at=NOON + MINUTE)
        assert backlog(NOON) == (0, None, 0, None, "")
        assert backlog(NOON).oldest == 0

    def test_not_what_waits_for_the_end_of_the_quiet_hours(self, text, twilio):
        text(quiet=QuietHours(NOON.time(), (NOON + HOUR).time()), time_zone="America/New_York")
        dispatch(now=NOON)
        assert backlog(NOON + 40 * MINUTE).oldest == 0
        assert backlog(NOON + HOUR + 2 * MINUTE).oldest == 120

    def test_not_what_waits_for_its_turn(self, text, twilio):
        for _ in range(2):
            text(address="+12125550101", send_at=NOON - 30 * MINUTE, expires_at=NOON + 6 * HOUR)
        dispatch(now=NOON)
        assert len(twilio.sent) == 1
        assert backlog(NOON + 40 * MINUTE).oldest == 0

    def test_not_what_waits_for_tomorrow(self, text, twilio, settings):
        settings.SMS_DAILY_CAP = 1
        for _ in range(2):
            text(expires_at=NOON + timedelta(days=1))
        for _ in range(2):
            dispatch(now=NOON)
        assert len(twilio.sent) == 1
        assert backlog(NOON + 40 * MINUTE).oldest == 0

    def test_not_what_is_paused(self, text, twilio):
        text(pause_key="patient-1")
        pause("patient-1", reason="a concern is open", now=NOON)
        dispatch(now=NOON)
        assert backlog(NOON + 10 * MINUTE).oldest == 0

    def test_what_the_provider_refuses_for_now_from_its_first_try_on(self, text, twilio):
        twilio.answer = lambda form: Answer(429, 20429)
        text(quiet=QuietHours((NOON - HOUR).time(), NOON.time()), time_zone="America/New_York", send_at=NOON - HOUR)
        dispatch(now=NOON - HOUR)  # its first try is at noon
        for minutes in (0, 2, 4, 8, 16):
            dispatch(now=NOON + minutes * MINUTE)

        now = backlog(NOON + 17 * MINUTE)

        assert (now.due, now.tried, now.tried_for, now.error_code) == (0, 1, 1020, "20429")

    def test_what_is_in_doubt_while_the_provider_cant_be_asked(self, text, twilio):
        twilio.answer = lambda form: Answer(hangs_up=True)
        text()
        dispatch(now=NOON)
        with patch("notifications.services.reconciling.seek", lambda due, courier: [None] * len(due)):
            for minutes in (3, 6, 9, 12):
                reconcile(now=NOON + minutes * MINUTE)

        assert backlog(NOON + 13 * MINUTE).oldest == 780

    def test_not_what_is_in_doubt_and_was_looked_for(self, text, twilio):
        """It is looked for twice, ten minutes apart, before it is sent again."""
        twilio.answer = lambda form: Answer(hangs_up=True)
        text()
        dispatch(now=NOON)
        reconcile(now=NOON + 3 * MINUTE)

        assert backlog(NOON + 11 * MINUTE).oldest == 0


class TestTold:
    def test_once_and_again_each_hour_and_when_it_is_over(self, operators, all_live, transactional_db):
        late()
        hearts.beat("worker", "celery@here")
        hearts.beat("beat", "beat@here")
        for _ in range(3):
            watch(LONG)
        (first,) = operators.mails
        assert first["X-Envelope-To"] == "ops@example.org, night@example.org"
        assert first["Subject"] == "Afterglow needs you: messages are late: 1 message waits, the oldest for 11 minutes"
        alarm = Alarm.objects.get()
        assert f"https://clinic.example.org/admin/notifications/alarm/{alarm.pk}/change/" in first.get_content()
        assert (alarm.code, alarm.times, alarm.cleared_at) == (CODE, 1, None)

        Alarm.objects.update(last_at=timezone.now() - AGAIN_AFTER)
        for _ in range(3):
            watch(LONG)
        assert len(operators.mails) == 2

        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_message SET status = 'accepted'")
        for _ in range(3):
            watch(LONG)
        assert [mail["Subject"] for mail in operators.mails[2:]] == ["Afterglow: messages go again"]
        alarm.refresh_from_db()
        assert alarm.cleared_at

    def test_nobody_of_what_is_on_time(self, operators, all_live):
        late(minutes=9)
        watch(LONG)
        assert operators.mails == []
        assert not Alarm.objects.exists()

    def test_what_hovers_around_the_limit_is_told_of_once(self, operators, all_live):
        late()
        watch(LONG)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_message SET send_at = send_at + interval '3 minutes'")
        watch(LONG)
        assert len(operators.mails) == 1
        assert Alarm.objects.get().cleared_at is None

    def test_whoever_has_just_begun_clears_nobody_elses_alarm(self, operators, all_live):
        Heartbeat.objects.filter(kind="worker").update(at=timezone.now() - 11.5 * MINUTE)
        watch(LONG)
        watch(60)
        assert [mail["Subject"] for mail in operators.mails] == [
            "Afterglow needs you: no worker has shown life for 11 minutes, so nothing is sent"
        ]
        assert Alarm.objects.get().cleared_at is None

    def test_of_many_who_see_it_at_once_one_writes(self, transactional_db, operators, all_live, at_once):
        late()
        assert at_once([lambda: watch(LONG)] * 6) == [None] * 6
        assert len(operators.mails) == 1
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_message SET status = 'accepted'")
        at_once([lambda: watch(LONG)] * 6)
        assert len(operators.mails) == 2

    def test_control_without_the_databases_word_all_would(self, transactional_db, operators, at_once, monkeypatch):
        unguarded = "\n".join(line for line in alarms.REMIND.splitlines() if "WHERE notifications_alarm.last_at" not in line)
        monkeypatch.setattr(alarms, "REMIND", unguarded)
        late()
        at_once([lambda: watch(0)] * 6)
        assert len(operators.mails) == 6

    def test_a_mail_server_that_is_down_is_tried_again(self, operators, all_live, settings):
        right, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
        late()
        watch(LONG)
        settings.EMAIL_PORT = right
        assert operators.mails == []
        watch(LONG)
        assert len(operators.mails) == 1

    @pytest.mark.parametrize("answer", ["", "251 Mine"])
    def test_a_mail_server_that_has_the_email_and_never_says_so_isnt_written_to_each_minute(self, operators, all_live, answer):
        operators.answers["DATA"] = answer
        late()
        for _ in range(3):
            watch(LONG)
        assert len(operators.mails) == 1
        Alarm.objects.update(last_at=timezone.now() - AGAIN_AFTER)
        watch(LONG)
        assert len(operators.mails) == 2

    @pytest.mark.parametrize(("step", "answer"), [("MAIL", ""), ("RCPT", ""), ("DATA", "451 Greylisted")])
    def test_one_that_certainly_has_not_taken_it_is(self, operators, all_live, step, answer):
        operators.answers[step] = answer
        late()
        for _ in range(3):
            watch(LONG)
        operators.answers.clear()
        operators.mails.clear()
        for _ in range(3):
            watch(LONG)
        assert len(operators.mails) == 1

    def test_that_it_is_over_waits_in_the_outbox_for_a_mail_server_that_is_down(self, operators, all_live, settings, transactional_db):
        late()
        watch(LONG)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_message SET status = 'accepted'")
        right, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
        for _ in range(3):
            watch(LONG)
        settings.EMAIL_PORT = right

        dispatch()

        over = [mail for mail in operators.mails if mail["Subject"] == "Afterglow: messages go again"]
        assert sorted(mail["To"] for mail in over) == ["night@example.org", "ops@example.org"]
        assert "Whatever was due has gone." in over[0].get_content()

    def test_what_it_is_about_names_nobody(self, operators, all_live):
        late()
        watch(LONG)
        assert "5550101" not in operators.mails[0].as_string()

    def test_another_alarm_goes_its_own_way(self, operators, all_live):
        """Into the outbox, where a worker finds it; and this one doesn't clear it."""
        raise_alarm("sms", "30007", "carriers filter our texts")
        watch(LONG)
        assert operators.mails == []
        assert Alarm.objects.get().cleared_at is None


class TestSilence:
    def test_of_all_workers(self, db):
        hearts.beat("beat", "beat@here")
        hearts.beat("worker", "celery@here")
        Heartbeat.objects.filter(kind="worker").update(at=timezone.now() - 12.5 * MINUTE)
        assert list(what_is_wrong(600, LONG)) == ["no worker has shown life for 12 minutes, so nothing is sent"]
        hearts.beat("worker", "celery@there")
        assert list(what_is_wrong(600, LONG)) == []

    def test_of_beat(self, db):
        hearts.beat("worker", "celery@here")
        assert list(what_is_wrong(600, 660)) == ["beat has shown no life for 11 minutes, so nothing is begun by the clock"]

    def test_whoever_has_just_begun_waits_for_the_others(self, db):
        assert list(what_is_wrong(600, 30)) == []

    def test_one_that_was_stopped_in_order_leaves_no_row(self, db):
        hearts.beat("worker", "celery@here")
        hearts.stop("worker", "celery@here")
        assert hearts.hearts() == []

    def test_and_is_missed_from_then_on_however_long_somebody_has_looked_on(self, all_live):
        assert list(what_is_wrong(600, LONG)) == []
        hearts.stop("worker", "celery@here")
        assert list(what_is_wrong(600, LONG)) == []
        watching.SEEN_AT["worker"] -= 660
        assert list(what_is_wrong(600, LONG)) == ["no worker has shown life for 11 minutes, so nothing is sent"]

    def test_one_that_was_killed_is_still_missed_once_its_row_is_gone(self, all_live):
        Heartbeat.objects.filter(kind="worker").update(at=timezone.now() - 1440.5 * MINUTE)
        missed = ["no worker has shown life for 24 hours, so nothing is sent"]
        assert list(what_is_wrong(600, LONG)) == missed
        Heartbeat.objects.filter(kind="worker").delete()
        assert list(what_is_wrong(600, LONG)) == missed

    def test_one_that_was_killed_is_forgotten_after_a_day(self, db):
        hearts.beat("worker", "celery@gone")
        Heartbeat.objects.update(at=timezone.now() - timedelta(hours=25))
        hearts.beat("worker", "celery@here")
        assert [heart.name for heart in hearts.hearts()] == ["celery@here"]


class TestPulse:
    def test_it_shows_life_while_the_process_goes_round(self, db):
        pulse = Pulse("worker", "celery@here")
        pulse.moves()
        pulse._once()
        assert [heart.name for heart in hearts.hearts()] == ["celery@here"]

    def test_and_not_where_only_the_thread_does(self, db, monkeypatch):
        pulse = Pulse("worker", "celery@here")
        pulse.moves()
        a_minute_later = time.monotonic() + 61
        monkeypatch.setattr("clinic.ops.pulse.time.monotonic", lambda: a_minute_later)
        pulse._once()
        assert hearts.hearts() == []

    def test_without_postgresql_the_next_time_comes(self, db, monkeypatch, caplog):
        pulse = Pulse("worker", "celery@here")
        monkeypatch.setattr("clinic.ops.pulse.connection", Mock())
        pulse._try(Mock(side_effect=OperationalError("connection to +12125550101 failed")))
        assert "OperationalError" in caplog.text
        assert "5550101" not in caplog.text


@pytest.mark.timeout(90)
@pytest.mark.parametrize("killed", ["worker", "beat"])
def test_a_process_is_killed_and_the_other_one_writes(operators, process_env, tmp_path, killed):
    """To a real mail server, with real processes: what waits is told by whichever is left."""
    env = process_env | {
        "DJANGO_SETTINGS_MODULE": "tests.clinic.watchful_settings",
        "OPERATOR_EMAILS": "ops@example.org",
        "EMAIL_URL": f"smtp://127.0.0.1:{operators.port}",
    }
    commands = {
        "worker": ("-m", "celery", "-q", "-A", "clinic", "worker", "--concurrency", "1", "--loglevel", "info"),
        "beat": (
            "-m",
            "celery",
            "-q",
            "-A",
            "clinic",
            "beat",
            "--schedule",
            str(tmp_path / "schedule"),
            "--pidfile=",
            "--loglevel",
            "info",
        ),
    }
    with ExitStack() as stack:
        processes = {name: stack.enter_context(running(*command, env=env, log=tmp_path / name)) for name, command in commands.items()}
        wait_until(lambda: {heart.kind for heart in hearts.hearts()} == {"worker", "beat"}, seconds=40)
        assert operators.mails == []
        processes[killed].send_signal(signal.SIGKILL)
        processes[killed].wait(10)
        late()

        wait_until(lambda: operators.mails, seconds=20)

        assert [mail["X-Envelope-To"] for mail in operators.mails] == ["ops@example.org"]
        assert "the oldest for 11 minutes" in operators.mails[0]["Subject"]
    left = {heart.kind for heart in hearts.hearts()}
    assert left == {killed}  # the other one was stopped in order
