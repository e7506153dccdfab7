"""The whole story, with every part real: PostgreSQL, Redis, a Celery worker process, Twilio's own SDK and a mail server.

Ana is booked, arrives and is treated; her aftercare goes out; and the report says when she is due again.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from aftercare.models import CareMessage, Plan
from notifications.models import Attempt, Message
from notifications.services import Draft, schedule
from scheduling import services as scheduling
from scheduling.domain.cadence import Bucket
from scheduling.domain.outcomes import Outcome
from scheduling.errors import TooSoon
from scheduling.models import Recall
from scheduling.reports import maintenance_due
from tests.clinic_world import Clinic, at, ledger, local, outbox, wait_until
from tests.processes import run, running

WORKER = ("-m", "celery", "-A", "clinic", "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle")
BEAT = ("-m", "celery", "-A", "clinic", "beat", "--loglevel", "INFO")


def bring_forward(*messages: Message) -> None:
    """Time goes by: these are due, and at no quiet hour, whatever the hour of this test."""
    now = timezone.now()
    for message in messages:
        Message.objects.filter(pk=message.pk).update(
            send_at=now - timedelta(seconds=1), expires_at=now + timedelta(hours=2), quiet_from=None, quiet_until=None
        )


def test_from_the_booking_to_the_report(committed_clinic: Clinic, twilio, mail_server, real_env, tmp_path):
    clinic, log = committed_clinic, tmp_path / "worker.log"
    ana = clinic.consents(clinic.ana)
    clinic.agrees_to_recalls(ana)

    # She is booked, and 27 days later again: no. Four weeks later: yes.
    session = clinic.book(ana, at("2026-11-10", "13:00"))
    with pytest.raises(TooSoon) as refusal:
        clinic.book(ana, at("2026-12-07"))
    assert refusal.value.earliest == date(2026, 12, 8)

    # She arrives and is treated; in the same moment her plan is there, and nothing of the booking is left to send.
    scheduling.arrive(session, now=at("2026-11-10", "12:55"))
    session = scheduling.complete(session, now=at("2026-11-10", "14:00"))
    assert Plan.objects.get().completed_at == at("2026-11-10", "14:00")
    assert len(outbox()) == 32
    doses = ledger(kind="dose")
    assert [local(line.planned_for) for line in doses[:3]] == ["Tue 10 Nov 17:00", "Tue 10 Nov 20:00", "Tue 10 Nov 23:00"]

    # Three hours later, and on the morning after: a worker, woken through Redis, sends what is due.
    first_dose, (education, *_) = doses[0].message, ledger(kind="education")
    Message.objects.filter(status="scheduled").exclude(pk__in=[first_dose.pk, education.message_id]).update(
        send_at=timezone.now() + timedelta(days=1), expires_at=timezone.now() + timedelta(days=2)
    )
    bring_forward(first_dose, education.message)
    with running(*WORKER, "--pool", "solo", env=real_env, log=log) as worker:
        woken = run(
            "manage.py", "shell", "-v", "0", "-c", "from notifications.tasks import dispatch_due; dispatch_due.delay()", env=real_env
        )
        assert woken.returncode == 0, woken.stderr
        wait_until(lambda: Message.objects.filter(status="accepted").count() == 2 or worker.poll() is not None, seconds=40)
        assert worker.poll() is None, log.read_text()

    (form,) = twilio.sent
    assert form["To"] == "+12125550101"
    assert form["From"] == "+12125550199"
    assert form["Body"] == (
        "Maple Street Clinic: time for your hyaluronic acid serum (1 of 8). Clean hands, a thin layer."
        " Worried? Reply, or call (212) 555-0100. Reply STOP to opt out."
    )
    assert 7100 <= int(form["ValidityPeriod"]) <= 7200
    first_dose.refresh_from_db()
    assert (first_dose.provider_id, first_dose.attempts, first_dose.error_code) == (form["sid"], 1, "")

    (mail,) = mail_server.mails
    assert (mail["To"], mail["Subject"]) == ("ana1@example.org", "Day 1: what you may see in the mirror")
    assert mail["Message-ID"] == f"<message-{education.message_id}@example.org>"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert all("(212) 555-0100" in part.get_content() for part in mail.iter_parts())
    assert Attempt.objects.filter(verdict="accepted").count() == 2
    assert "2125550101" not in log.read_text()
    assert "serum" not in log.read_text()

    # Her second session and her third; then she is due for maintenance six months after the last.
    for day in ("2026-12-08", "2027-01-05"):
        clinic.treat(ana, at(day))
    assert [(recall.kind, recall.due_on) for recall in Recall.objects.filter(came_back_on=None)] == [("maintenance", date(2027, 7, 5))]
    (due,) = maintenance_due(date(2027, 7, 15), today=date(2027, 7, 15))
    assert (due.patient_id, due.last_session_on, due.due_on, due.days_late) == (ana.pk, date(2027, 1, 5), date(2027, 7, 5), 10)
    assert (due.bucket, f"{due.value}") == (Bucket.MAINTENANCE_OVERDUE, "640.00")
    shown = run("manage.py", "maintenance_due", "--as-of", "2027-07-15", "--format", "json", env=real_env)
    assert shown.returncode == 0, shown.stderr
    (row,) = json.loads(shown.stdout)
    assert {name: row[name] for name in ("patient_id", "last_session_on", "due_on", "days_late", "bucket")} == {
        "patient_id": ana.pk,
        "last_session_on": "2027-01-05",
        "due_on": "2027-07-05",
        "days_late": 10,
        "bucket": "maintenance_overdue",
    }

    # She is called, agrees to come, and is off the list for 30 days, or until she is booked.
    last = Recall.objects.get(came_back_on=None).last_session_id
    scheduling.log_call(ana, Outcome.AGREED, session=last, now=at("2027-07-15", "10:00"))
    today = date(2027, 7, 15)
    on = {day: next(iter(maintenance_due(day, today=today))).bucket for day in (today, date(2027, 8, 14), date(2027, 8, 15))}
    assert list(on.values()) == [Bucket.SNOOZED, Bucket.SNOOZED, Bucket.MAINTENANCE_OVERDUE]
    clinic.book(ana, at("2027-07-20"), now=at("2027-07-15", "10:05"))
    assert [due.bucket for due in maintenance_due(today, today=today)] == [Bucket.MAINTENANCE_BOOKED]


def text_to(number: int, **changed) -> Draft:
    now = datetime.now(UTC)
    wanted = {
        "dedupe_key": f"text-{number}",
        "channel": "sms",
        "address": f"+1212555{number:04}",
        "body": f"Maple Street Clinic: text number {number}.",
        "send_at": now - timedelta(seconds=1),
        "expires_at": now + timedelta(hours=2),
    }
    return Draft(**wanted | changed)


def test_a_commit_that_schedules_something_due_now_wakes_the_worker_at_once(committed_clinic: Clinic, twilio, real_env, tmp_path):
    """No beat runs here: only the commit can have woken it. Two prefork children, as in production."""
    with running(*WORKER, "--pool", "prefork", "--concurrency", "2", env=real_env, log=tmp_path / "worker.log") as worker:
        wait_until(lambda: "ready." in (tmp_path / "worker.log").read_text() or worker.poll() is not None, seconds=40)
        assert worker.poll() is None, (tmp_path / "worker.log").read_text()
        scheduled_at = timezone.now()
        schedule([text_to(number) for number in range(1, 31)])
        wait_until(lambda: Message.objects.filter(status="accepted").count() == 30)
    assert sorted(form["To"] for form in twilio.sent) == [f"+1212555{number:04}" for number in range(1, 31)]
    assert max(Message.objects.values_list("accepted_at", flat=True)) - scheduled_at < timedelta(seconds=10)


def test_beat_wakes_the_dispatcher_when_nobody_else_does(committed_clinic: Clinic, twilio, real_env, tmp_path):
    """What falls due by itself goes out within two ticks of five seconds."""
    beat = (*BEAT, "--schedule", str(tmp_path / "beat"), "--pidfile", "")
    with (
        running(*WORKER, "--pool", "solo", env=real_env, log=tmp_path / "worker.log") as worker,
        running(*beat, env=real_env, log=tmp_path / "beat.log") as ticking,
    ):
        wait_until(lambda: "ready." in (tmp_path / "worker.log").read_text() or worker.poll() is not None, seconds=40)
        wait_until(lambda: "beat runs: " in (tmp_path / "beat.log").read_text() or ticking.poll() is not None, seconds=40)
        due_at = timezone.now() + timedelta(seconds=2)
        schedule([text_to(1, send_at=due_at)])
        wait_until(lambda: Message.objects.get().status == "accepted", seconds=30)
        assert (worker.poll(), ticking.poll()) == (None, None)
    assert timedelta() <= Message.objects.get().accepted_at - due_at < timedelta(seconds=15)
    assert len(twilio.sent) == 1


def test_a_worker_killed_in_the_middle_loses_nothing_and_sends_nothing_twice(committed_clinic: Clinic, twilio, real_env, tmp_path):
    from notifications.services import dispatch, reconcile
    from tests.providers import Answer

    twilio.answer = lambda form: Answer(after_seconds=30)
    schedule([text_to(number) for number in (1, 2, 3)])
    with running(*WORKER, "--pool", "solo", env=real_env, log=tmp_path / "worker.log") as worker:
        wait_until(lambda: len(twilio.sent) == 3, seconds=40)  # the provider has them all, and still holds its answers back
        worker.kill()
        worker.wait(timeout=10)
    assert set(Message.objects.values_list("status", flat=True)) == {"sending"}

    now = timezone.now() + timedelta(minutes=3)
    assert reconcile(now=now) == 3
    assert set(Message.objects.values_list("status", "reason")) == {("accepted", "found at the provider")}
    assert dispatch(now=now) == (0, 0, 0, False)
    assert sorted(form["To"] for form in twilio.requests) == ["+12125550001", "+12125550002", "+12125550003"]
    assert CareMessage.objects.count() == 0
