"""Redis only wakes: nothing waits in it, and nothing hangs on it."""

import ast
import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from kombu.exceptions import OperationalError

from aftercare.models import CareMessage
from clinic.celery import app
from notifications import tasks
from notifications.models import Message
from notifications.services.dispatching import Dispatched
from scheduling.models import Appointment
from tests.clinic_world import Clinic
from tests.notifications.conftest import NOON
from tests.processes import run

APPS = [Path(settings.BASE_DIR) / name for name in ("clinic", "scheduling", "aftercare", "notifications")]


class TestNothingWaitsInRedis:
    def forbidden(self, source: str) -> list[str]:
        """Each would leave a message in Redis that the table doesn't know of, and run it again after the visibility time-out."""
        found = []
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call):
                found += [keyword.arg for keyword in node.keywords if keyword.arg in ("eta", "countdown", "autoretry_for", "max_retries")]
                if isinstance(node.func, ast.Attribute) and node.func.attr == "retry":
                    found.append(".retry(")
        return found

    @pytest.mark.parametrize("path", [path for app in APPS for path in sorted(app.rglob("*.py"))], ids=lambda path: path.name)
    def test_no_eta_no_countdown_and_no_retry(self, path):
        assert self.forbidden(path.read_text(encoding="utf-8")) == []

    def test_control_the_test_sees_them(self):
        assert self.forbidden("task.apply_async(eta=soon)\ntask.apply_async(countdown=5)\nself.retry()\n") == [
            "eta",
            "countdown",
            ".retry(",
        ]

    def test_task_messages_are_json_and_results_are_dropped(self):
        assert (app.conf.task_serializer, app.conf.accept_content, app.conf.task_ignore_result) == ("json", ["json"], True)
        assert app.conf.task_acks_late is False
        assert app.conf.enable_utc

    def test_every_tick_expires_before_the_next(self):
        for entry in app.conf.beat_schedule.values():
            period = 24 * 60 * 60 if isinstance(entry["schedule"], crontab) else float(entry["schedule"])
            assert 0 < entry["options"]["expires"] < period

    def test_every_task_of_the_schedule_exists(self):
        app.loader.import_default_modules()
        assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(current_app.tasks)

    def test_every_task_of_ours_is_on_the_schedule(self):
        """Nobody else calls them: a look-up that is never due would leave what is uncertain uncertain."""
        app.loader.import_default_modules()
        ours = {name for name in current_app.tasks if name.split(".")[0] in ("notifications", "aftercare", "scheduling", "clinic")}
        assert ours == {entry["task"] for entry in app.conf.beat_schedule.values()}

    def test_a_worker_that_is_killed_is_noticed_and_a_redis_that_hangs_lets_go(self):
        transport = app.conf.broker_transport_options
        assert transport["visibility_timeout"] == 600
        assert transport["socket_timeout"] <= 10
        assert transport["socket_connect_timeout"] <= 3
        assert app.conf.task_soft_time_limit < app.conf.task_time_limit <= 120


BOOK = """
import sys, time
import django
django.setup()
from scheduling import services
from scheduling.models import Patient, Practitioner, Room, Treatment
from tests.clinic_world import FIRST, TODAY
patient, treatment = Patient.objects.get(first_name="Ana"), Treatment.objects.get(skin_area="face")
started = time.monotonic()
who, where = Practitioner.objects.first(), Room.objects.first()
services.book(patient=patient, treatment=treatment, practitioner=who, room=where, starts_at=FIRST, now=TODAY)
print(time.monotonic() - started)
"""


class TestWithoutRedis:
    @pytest.fixture
    def book_with(self, committed_clinic: Clinic, process_env):
        """In a process of its own, as a web server is one."""
        env = process_env | {"DJANGO_SETTINGS_MODULE": "clinic.settings"}
        return lambda redis_url: self.book(committed_clinic, env | {"REDIS_URL": redis_url})

    def book(self, clinic: Clinic, env: dict[str, str]) -> tuple[float, str]:
        clinic.consents(clinic.ana)
        booking = run("-c", BOOK, env=env)
        assert booking.returncode == 0, booking.stderr
        assert Appointment.objects.get().patient == clinic.ana
        assert CareMessage.objects.filter(kind="confirmation", message__status="scheduled").count() == 1
        return float(booking.stdout), booking.stderr

    def test_a_booking_succeeds_and_quickly(self, book_with):
        seconds, log = book_with("redis://127.0.0.1:9/0")
        assert seconds < 5
        assert "Redis can't be reached; messages go out with the next tick." in log
        assert "Traceback" not in log

    def test_control_with_redis_nothing_is_said(self, book_with, settings):
        _, log = book_with(settings.REDIS_URL)
        assert log == ""

    def test_a_redis_that_takes_the_connection_and_never_answers(self, book_with):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            seconds, log = book_with(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert seconds < 15
        assert "Redis can't be reached; messages go out with the next tick." in log


class TestWaking:
    @pytest.fixture
    def woken(self, monkeypatch):
        calls = []
        monkeypatch.setattr(tasks.dispatch_due, "apply_async", lambda **options: calls.append(options))
        return calls

    def test_what_is_due_at_once_wakes_the_dispatcher_after_the_commit(self, text, woken, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            text()
            assert woken == []
        assert woken == [{"retry": False, "expires": 60}]

    def test_what_is_due_later_wakes_nobody(self, text, woken, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            text(send_at=NOON.replace(hour=13))
        assert woken == []

    def test_what_is_rolled_back_wakes_nobody(self, text, woken, django_capture_on_commit_callbacks):
        from django.db import transaction

        def schedule_and_fail():
            with transaction.atomic():
                text()
                raise ZeroDivisionError

        with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError):
            schedule_and_fail()
        assert woken == []

    def test_a_redis_that_has_just_failed_is_left_alone_for_half_a_minute(self, monkeypatch):
        tries, clock = [], [1000.0]

        def fail(**options):
            tries.append(clock[0])
            raise OperationalError

        monkeypatch.setattr(tasks.dispatch_due, "apply_async", fail)
        monkeypatch.setattr(tasks.Waking, "again_at", 0.0)
        monkeypatch.setattr(tasks.time, "monotonic", lambda: clock[0])
        for moment in (1000.0, 1001.0, 1029.0, 1030.0, 1031.0):
            clock[0] = moment
            tasks.wake()
        assert tries == [1000.0, 1030.0]

    @pytest.mark.parametrize(("more", "again"), [(True, 1), (False, 0)])
    def test_a_full_batch_asks_for_another_run(self, monkeypatch, more, again):
        runs = []
        monkeypatch.setattr(tasks.services, "dispatch_until_idle", lambda for_seconds: Dispatched(100, 0, 0, more))
        monkeypatch.setattr(tasks.dispatch_due, "apply_async", lambda **options: runs.append(options))
        tasks.dispatch_due()
        assert len(runs) == again


class TestTheCommand:
    def run(self, capsys, *options: str) -> str:
        call_command("dispatch_due", *options)
        return capsys.readouterr().out

    def test_until_idle_as_json(self, text, settings, capsys):
        settings.DISPATCH_BATCH_SIZE = 2
        for _ in range(5):
            text(now=timezone.now() - timedelta(minutes=1))
        assert json.loads(self.run(capsys, "--until-idle", "--json")) == {"accepted": 5, "refused": 0, "set_aside": 0, "more": False}
        assert set(Message.objects.values_list("status", flat=True)) == {"accepted"}

    def test_one_batch_in_words(self, text, settings, capsys):
        settings.DISPATCH_BATCH_SIZE = 2
        for _ in range(3):
            text(now=timezone.now() - timedelta(minutes=1))
        assert self.run(capsys) == "2 sent, 0 refused, 0 put off.\n"
        assert Message.objects.filter(status="scheduled").count() == 1

    def test_nothing_to_do(self, db, capsys):
        assert json.loads(self.run(capsys, "--json")) == {"accepted": 0, "refused": 0, "set_aside": 0, "more": False}
