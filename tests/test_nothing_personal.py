"""Who a patient is never stands in a log, in an error that somebody is told of, or in what Redis holds: a whole story, with all that can go
wrong in it, and nobody can say from these of whom it is. (What Sentry is told is in tests/clinic/test_ops_sentry.py.)"""

import base64
import json
import logging
import logging.config
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import redis
from celery import current_app
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from aftercare.models import CareMessage, Concern, Plan
from aftercare.services import give_consent
from aftercare.services.concerns import lifecycle
from aftercare.services.privacy.erasing import erase_patient
from aftercare.services.telling.ending import link_to_end
from clinic.celery import app
from notifications.models import Message
from notifications.services import dispatch_until_idle, poll, reconcile
from scheduling import services as scheduling
from scheduling.models import Patient
from tests.callbacks import post, receipt, reply
from tests.clinic_world import FIRST, Clinic
from tests.clock import freeze_time
from tests.providers import Answer
from tests.staff import member

NUMBER, EMAIL = "+12125550147", "quetzalina.x@example.org"
# Of a patient who is called that, and of nobody else; as it is written, and as it is when it stands in an address or in JSON.
HERS = (
    *("Quetzalina", "Xochitlberg", "quetzalina.x", quote(EMAIL), "12125550147", "2125550147", "555-0147", "1987-06-05", "6/5/1987"),
    *("wombat", "Zyxolin", "bleeds like a fountain"),
)
OURS = ("clinic", "scheduling", "aftercare", "notifications")
END = FIRST + timedelta(hours=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Written(logging.Handler):
    """Every line as it is written in production, past all of our filters."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(level=logging.DEBUG)
        make = logging.config.DictConfigurator(config)
        self.formatters = {name: make.configure_formatter(how) for name, how in config["formatters"].items()}
        for name in config["handlers"]["console"]["filters"]:
            self.addFilter(make.configure_filter(config["filters"][name]))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "mail.log":  # of the mail server beside the test
            return
        formatter = self.formatters["request" if record.name == "django.server" else "json"]
        self.lines.append(formatter.format(record))


@pytest.fixture
def log(settings: Any) -> Iterator[list[str]]:
    """Of our loggers everything, of others' what is written in production."""
    written = Written(settings.LOGGING)
    loud = [logging.getLogger(name) for name in OURS]
    all_of_them = [logging.getLogger(), logging.getLogger("django.server")]
    levels = {logger: logger.level for logger in loud}
    for logger in loud:
        logger.setLevel(logging.DEBUG)
    for logger in all_of_them:
        logger.addHandler(written)
    yield written.lines
    for logger in all_of_them:
        logger.removeHandler(written)
    for logger, level in levels.items():
        logger.setLevel(level)


@pytest.fixture
def queue() -> Iterator[Any]:
    """What Redis holds for the workers."""
    server = redis.from_url(app.conf.broker_url)
    server.flushdb()
    yield lambda: [_opened(message) for message in server.lrange("celery", 0, -1)]
    server.flushdb()


def _opened(message: bytes) -> str:
    held = json.loads(message)
    return message.decode() + base64.b64decode(held["body"]).decode()


@pytest.fixture
def operators(settings: Any) -> list[mail.EmailMessage]:
    settings.ADMINS = settings.MANAGERS = [("Olga", "olga@example.org")]
    settings.OPERATOR_EMAILS = ["olga@example.org"]
    return mail.outbox


def leaks(texts: Any) -> list[str]:
    return [f"{word}: {text}" for text in map(str, texts) for word in HERS if word.lower() in text.lower()]


@pytest.fixture
def quetzalina(clinic: Clinic) -> Patient:
    her = Patient.objects.create(
        first_name="Quetzalina",
        last_name="Xochitlberg",
        birth_date=date(1987, 6, 5),
        phone=NUMBER,
        email=EMAIL,
        time_zone="America/New_York",
        active_products="Zyxolin acid",
        notes="Keeps a wombat.",
    )
    for purpose in ("care", "recall"):
        for channel in ("sms", "email"):
            give_consent(her, purpose, channel, source="front desk", now=FIRST - DAY)
    return her


def desk(role: str = "Manager") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(member(role))
    return client


def refused_row() -> None:
    """PostgreSQL's own error shows the whole row: her name, her number and her notes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE scheduling_patient SET birth_date = NULL WHERE phone = %s", [NUMBER])


def the_story(clinic: Clinic, her: Patient, twilio: Any, mail_server: Any, commits: Any, monkeypatch: Any) -> None:
    """Booked, treated, told by providers that fail in every way, heard, called off, and erased; and what fails on the way."""
    with freeze_time(FIRST - HOUR), commits(execute=True):
        client = desk()
        for page in (
            f"scheduling/patient/?q={quote('Quetzalina Xochitlberg')}",
            f"scheduling/patient/{her.pk}/change/",
            f"scheduling/appointment/add/patients/?q={quote(NUMBER)}",
            f"autocomplete/?app_label=scheduling&model_name=course&field_name=patient&term={quote(EMAIL)}",
            f"nowhere/?q={quote(NUMBER)}",
        ):
            client.get(f"/admin/{page}")
        Client().get(f"/admin/scheduling/patient/?q={quote(NUMBER)}", follow=True)
        clinic.book(her, FIRST, now=FIRST - HOUR)
    with freeze_time(END), commits(execute=True):
        scheduling.complete(her.appointment_set.get(), now=END)
    answers = [Answer(503), Answer(429), Answer(400, 21211), Answer(hangs_up=True), Answer(401, 20003), Answer(201), Answer(400, 30007)]
    twilio.answer = lambda form: answers[len(twilio.requests) % len(answers)]
    mail_server.reply = lambda recipient: f"550 no such user {recipient}" if len(mail_server.mails) % 2 else f"451 greylisted {recipient}"
    for hours in range(1, 30, 3):
        twilio.now = lambda hours=hours: END + hours * HOUR
        with freeze_time(END + hours * HOUR), commits(execute=True):
            dispatch_until_idle(now=timezone.now())
            reconcile(now=timezone.now() + HOUR)
            poll(now=timezone.now() + 2 * HOUR)
    twilio.answer = lambda form: Answer()
    with freeze_time(END + 2 * DAY), commits(execute=True):
        dispatch_until_idle(now=timezone.now())
        tried = Message.objects.filter(channel="sms", attempt__isnull=False).distinct()
        for code, message in zip(("30003", "30007", "30034", "1"), tried, strict=False):
            receipt(message, "undelivered", code=code, sid=f"SM{code}")
        receipt(tried[0], "delivered", sid="SM9", token="0" * 32)
        post(f"/webhooks/twilio/status/{tried[0].pk}/?attempt=x", {"MessageSid": "SM1", "To": NUMBER, "Body": "wombat"}, signed="wrong")
        post("/webhooks/twilio/inbound/", {"From": NUMBER, "Body": "wombat\0" * 99}, signed="wrong")
        reply("My wombat bleeds like a fountain", number=NUMBER)
        monkeypatch.setattr(lifecycle, "clock_from", lambda *about: refused_row())
        reply("Now I bleed like a fountain, says the wombat", number=NUMBER)  # what listens fails, with her row in the error
        monkeypatch.undo()
        reply("STOP", number=NUMBER)
        reply("START", number=NUMBER)
        Client().get(link_to_end(her).removeprefix("http://127.0.0.1:8000"))
        Client().post(link_to_end(her).removeprefix("http://127.0.0.1:8000"))
    with freeze_time(END + 3 * DAY), commits(execute=True):
        client = desk()
        # A page that breaks, with her row in the error, and with her name in an error of ours.
        monkeypatch.setattr("scheduling.views.recalls.recalls_of", lambda *about: refused_row())
        assert client.get(f"/admin/maintenance-due/patients/{her.pk}/call/?q={quote(EMAIL)}").status_code == 500
        monkeypatch.setattr("scheduling.views.recalls.recalls_of", lambda *about: {}[f"{her.full_name} {her.phone}"])
        assert client.post(f"/admin/maintenance-due/patients/{her.pk}/call/", {"note": "wombat"}).status_code == 500
        monkeypatch.undo()
        # Tasks that fail with them.
        for name, says in (("aftercare.services.tell_by_email", refused_row), ("notifications.services.reconcile", her_name(her))):
            monkeypatch.setattr(name, says)
        for task in ("aftercare.tasks.tell_by_email", "notifications.tasks.reconcile"):
            assert current_app.tasks[task].apply().failed()
        monkeypatch.undo()
        for concern in Concern.objects.filter(resolved_at=None):
            lifecycle.resolve(concern, note="the wombat is well", by=member("Clinician"), now=timezone.now())
        client.post(f"/admin/inbox/{her.pk}/answer/", {"words": "Zyxolin off", "heard": "999999"})
        client.post(f"/admin/inbox/{her.pk}/count/", {"words": "wombat"})
        plan = Plan.objects.filter(stopped_at=None).first()
        desk("Clinician").post(f"/admin/aftercare/plan/{plan.pk}/stop/", {"reason": "wombat"})
        client.post(f"/admin/scheduling/patient/{her.pk}/export/")
        rows = f"First name,Last name,Birth date,Phone\nQuetzalina,Xochitlberg,1987-06-05,{NUMBER}\nQuetzalina,,31/31/1987,x\n"
        client.post("/admin/scheduling/patient/import/", {"file": SimpleUploadedFile("Xochitlberg.csv", rows.encode())})
        erase_patient(her, reason="asked for it", by=member("Manager"), now=timezone.now())


def her_name(her: Patient) -> Any:
    def fail(**about: Any) -> None:
        raise ValueError(f"{her.full_name} at {her.phone} and {her.email}: {her.notes}")

    return fail


@pytest.fixture
def told(clinic, quetzalina, twilio, mail_server, log, queue, operators, django_capture_on_commit_callbacks, monkeypatch):
    """All that is written down of the story, by where."""
    her = quetzalina.pk
    the_story(clinic, quetzalina, twilio, mail_server, django_capture_on_commit_callbacks, monkeypatch)
    assert CareMessage.objects.filter(patient=her).count() > 20  # it did take place
    return {
        "log": log,
        "redis": queue(),
        "emails to operators": [f"{one.subject}\n{one.body}\n{one.alternatives}" for one in operators]
        + [one.as_string() for one in mail_server.mails if "olga@" in one["To"]],
        "alarms": [f"{row}" for row in Message.objects.filter(reference__startswith="alarm").values_list("subject", "body")],
    }


def test_nobody_can_say_from_these_of_whom_it_is(told):
    log = "\n".join(told["log"])
    for line in ("Internal Server Error: /admin/maintenance-due/patients/", "raised unexpected", "Of reply ", "NotNullViolation"):
        assert line in log, "otherwise there would be nothing to be found"
    assert told["redis"] != []
    assert {where: leaks(texts) for where, texts in told.items() if leaks(texts)} == {}


@pytest.mark.parametrize("word", ["Quetzalina", "wombat", "1987-06-05"])
def test_control_a_line_put_in_on_purpose_is_found(log, word):
    logging.getLogger("aftercare.services").debug("about %s", word)
    assert leaks(log) != []


def test_every_tick_carries_nothing():
    assert [entry for entry in app.conf.beat_schedule.values() if entry.get("args") or entry.get("kwargs")] == []
