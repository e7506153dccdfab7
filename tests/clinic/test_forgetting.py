"""What has been kept for as long as the settings say goes in the night."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt
from celery.schedules import crontab
from django.apps import apps
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from aftercare.models import CareMessage
from clinic import tasks
from clinic.models import Entry
from clinic.services import forgetting
from clinic.services.forgetting import KINDS, foresee, forget
from notifications.models import Attempt, Message, Receipt, Reply
from notifications.services import dispatch_until_idle, receive_reply
from notifications.services.receiving import hear
from scheduling import services as scheduling
from scheduling.models import Appointment, ReportExport
from scheduling.services import begin_export
from tests.clinic_world import FIRST, Clinic, outbox
from tests.clock import freeze_time
from tests.staff import member
from tests.worlds import once_a_module

END = FIRST + timedelta(hours=1)


def later(days: int) -> datetime:
    return END + timedelta(days=days)


def fill(clinic: Clinic) -> Clinic:
    """Ana was treated, was told, and answered; a manager took the report, and signed in; all on one day of November."""
    with freeze_time(END):
        clinic.treat(clinic.consents(clinic.ana))
        for hours in (3, 6, 24):
            dispatch_until_idle(now=END + timedelta(hours=hours))
        receive_reply("sms", "+12125550101", "thank you", provider_id="SM1", now=END)
        with transaction.atomic():
            hear(Message.objects.filter(status="accepted", channel="sms").first(), "SM5", "delivered", "", now=END)
        manager = member("Manager")
        begin_export(user=manager, format="csv", as_of=END.date(), words="all", query="", has_addresses=True, now=END)
        LogEntry.objects.log_actions(manager.pk, [clinic.ana], ADDITION, change_message="Added.")
        Entry.objects.create(at=END, actor="manager", action="saw", about="scheduling.patient", patient_id=clinic.ana.pk)
        AccessAttempt.objects.create(username="manager", ip_address="203.0.113.7", failures_since_start=1)
        Session.objects.create(session_key="over", session_data="", expire_date=END)
    Message.objects.update(created_at=END)
    Message.objects.exclude(status="scheduled").update(send_at=END, expires_at=END + timedelta(hours=1))
    Attempt.objects.update(started_at=END)
    LogEntry.objects.update(action_time=END)
    AccessAttempt.objects.update(attempt_time=END)
    return clinic


made, clinic = once_a_module(fill)


def counts(run: Any) -> dict[str, int]:
    return {one.kind.name: one.count for one in run if one.count}


def everything() -> dict[str, list[Any]]:
    return {model._meta.label: list(model._default_manager.order_by("pk").values_list()) for model in apps.get_models()}


MESSAGES, REPLIES, RECEIPTS = "words and addresses of messages", "words and numbers of replies", "providers' receipts"
TRIES, TRAIL, LOG, EXPORTS, FAILURES, SESSIONS, PACES = (
    *("tries to send", "entries of the trail", "entries of the admin's log", "exports of the report"),
    *("failed sign-ins", "sessions that are over", "when late messages went"),
)
DAYS = {SESSIONS, PACES}
MONTHS = DAYS | {FAILURES}
HALF_A_YEAR = MONTHS | {RECEIPTS, TRIES}
YEARS = HALF_A_YEAR | {MESSAGES, REPLIES}


class TestWhenItGoes:
    def test_on_the_day_after_its_last(self, clinic):
        assert {days: set(counts(foresee(later(days)))) for days in (1, 90, 91, 180, 181, 730, 731, 2190, 2191)} == {
            1: {SESSIONS},
            90: DAYS,
            91: MONTHS,
            180: MONTHS,
            181: HALF_A_YEAR,
            730: HALF_A_YEAR,
            731: YEARS,
            2190: YEARS,
            2191: YEARS | {TRAIL, LOG, EXPORTS},
        }

    def test_what_is_kept_for_ever_stays(self, clinic, settings):
        settings.KEEP_DAYS = dict.fromkeys(settings.KEEP_DAYS, 0)
        before = everything()
        assert counts(forget(later(40_000)).forgotten) == {SESSIONS: 1, PACES: 1}
        assert everything() == before | {"sessions.Session": [], "notifications.Pace": []}


class TestWhatIsLeft:
    def test_of_a_message_when_it_went_and_what_became_of_it(self, clinic):
        was = Message.objects.filter(receipt__isnull=False).first()
        forget(later(731))
        now = Message.objects.get(pk=was.pk)
        assert (now.status, now.accepted_at, now.due_at, now.provider_id) == (was.status, was.accepted_at, was.due_at, was.provider_id)
        assert (now.address, now.address_hash, now.subject, now.body, now.html) == ("",) * 5
        assert CareMessage.objects.get(message=was).kind == "dose"

    def test_what_may_still_go_out_isnt_touched_however_old(self, clinic):
        waiting = outbox()
        assert waiting != []
        forget(later(800))
        assert {(message.body, message.address) for message in outbox()} == {(message.body, message.address) for message in waiting}

    def test_of_a_reply_that_it_came(self, clinic):
        forget(later(731))
        reply = Reply.objects.get()
        assert (reply.body, reply.address, reply.provider_id, reply.received_at) == ("", "", "SM1", END)

    def test_the_conversation_says_so(self, clinic, sign_in):
        forget(later(731))
        with freeze_time(later(731)):
            page = sign_in("Manager").get(f"/admin/inbox/{clinic.ana.pk}/?all").content.decode()
        assert "(The words aren’t kept any more.)" in page

    def test_nothing_of_the_tries_the_receipts_the_trail_and_the_exports(self, clinic):
        forget(later(2191))
        for model in (Attempt, Receipt, LogEntry, ReportExport, AccessAttempt):
            assert not model.objects.exists()
        assert not Entry.objects.filter(action="saw").exists()

    def test_twice_is_once(self, clinic):
        forget(later(2191))
        assert counts(forget(later(2191)).forgotten) == {}

    def test_an_export_is_still_deleted_by_nobody_else(self, clinic):
        forget(later(2000))
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            ReportExport.objects.all().delete()


class TestWhatIsStillNeeded:
    """A session may be booked two years ahead, and its reminder is planned with it."""

    @pytest.fixture
    def planned_long_ago(self, clinic):
        message = outbox()[0]
        Message.objects.filter(pk=message.pk).update(created_at=message.send_at - timedelta(days=729))
        dispatch_until_idle(now=message.send_at)
        message.refresh_from_db()
        assert message.status == "accepted"
        return message

    def test_a_message_is_kept_from_when_it_went_however_early_it_was_planned(self, planned_long_ago):
        forget(planned_long_ago.send_at + timedelta(days=2))
        assert Message.objects.get(pk=planned_long_ago.pk).body == planned_long_ago.body != ""
        forget(planned_long_ago.send_at + timedelta(days=731))
        assert Message.objects.get(pk=planned_long_ago.pk).body == ""

    def test_that_its_provider_may_yet_say_stop_of_it(self, planned_long_ago):
        on_its_way = Message.objects.filter(pk=planned_long_ago.pk)
        on_its_way.update(poll_at=planned_long_ago.send_at)
        forget(later(3000))
        assert on_its_way.get().address == planned_long_ago.address
        assert on_its_way.get().attempt_set.count() == 1

    def test_why_a_message_never_went(self, clinic):
        with freeze_time(END):
            scheduling.reopen(Appointment.objects.get(), now=END)
        of_them = Message.objects.filter(status="cancelled")
        reasons = sorted(of_them.values_list("reason", flat=True))
        forget(later(3000))
        assert not of_them.exclude(body="").exists()
        assert sorted(of_them.values_list("reason", flat=True)) == reasons != []


class TestInTheNight:
    def test_at_twenty_to_nine_utc_where_no_day_begins(self, settings):
        entry = settings.CELERY_BEAT_SCHEDULE["forget"]
        assert entry["schedule"] == crontab(hour=8, minute=40)
        assert entry["task"] == tasks.forget.name

    def test_a_run_ends_in_time_and_another_goes_on(self, clinic, monkeypatch, settings):
        settings.FORGET_RUN_SECONDS, again = 0, []
        monkeypatch.setattr(tasks.forget, "apply_async", lambda **options: again.append(options))
        monkeypatch.setattr(forgetting, "in_lots", lambda rows: ([row] for row in list(rows)))
        run = forget(later(731), for_seconds=0)
        assert (run.is_over, counts(run.forgotten)) == (False, {MESSAGES: 1})
        with freeze_time(later(731)):
            for _ in range(200):
                again.clear()
                tasks.forget()
                if not again:
                    break
        assert counts(foresee(later(731))) == {}

    def test_a_run_that_is_over_asks_for_no_other(self, clinic, monkeypatch):
        monkeypatch.setattr(tasks.forget, "apply_async", lambda **options: pytest.fail("once is enough"))
        with freeze_time(later(731)):
            tasks.forget()
        assert counts(foresee(later(731))) == {}


class TestCommand:
    def said(self, *arguments: str) -> list[str]:
        out = StringIO()
        with freeze_time(later(731)):
            call_command("forget", *arguments, stdout=out)
        return [" ".join(line.split()) for line in out.getvalue().splitlines()]

    def test_a_dry_run_says_how_much_and_since_when_and_writes_nothing(self, clinic):
        before, written = everything(), []

        def watch(execute: Any, sql: str, *rest: Any) -> Any:
            written.append(sql) if not sql.lstrip().upper().startswith("SELECT") else None
            return execute(sql, *rest)

        with connection.execute_wrapper(watch):
            said = self.said("--dry-run")

        messages, receipts = Message.objects.exclude(status="scheduled").count(), Receipt.objects.count()
        assert said[0] == f"{MESSAGES} kept for 730 days {messages}, since 2026-11-03"
        assert said[3] == f"{RECEIPTS} kept for 180 days {receipts}, since 2026-11-03"
        assert said[5] == f"{TRAIL} kept for 2190 days 0"
        assert said[-3] == f"{SESSIONS} kept until then 1, since 2026-11-03"
        assert said[-1] == "Nothing was changed."
        assert written == []
        assert everything() == before

    def test_one_that_is_ended_says_what_is_gone(self, clinic, monkeypatch):
        def pressed(now: datetime) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(forgetting, "forget", pressed)
        with pytest.raises(CommandError, match="Ended by you: what is gone is gone"):
            self.said()

    def test_without_it_that_much_goes(self, clinic):
        foreseen = self.said("--dry-run")
        assert self.said() == foreseen[:-1]
        assert self.said("--dry-run")[0] == f"{MESSAGES} kept for 730 days 0"

    def test_it_says_what_is_kept_for_ever(self, clinic, settings):
        settings.KEEP_DAYS = settings.KEEP_DAYS | {"replies": 0}
        assert self.said("--dry-run")[2] == f"{REPLIES} kept for ever"

    def test_each_kind_has_its_line(self, clinic):
        assert [line.partition(" kept")[0] for line in self.said("--dry-run")[:-1]] == [kind.name for kind in KINDS]
