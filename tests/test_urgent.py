"""An urgent reply with every part real: Twilio's signed webhook over the wire, PostgreSQL, Redis, a Celery worker and Twilio's SDK.

Within ten seconds of the webhook it is a concern in the inbox, whoever is on call has a text, and nothing routine goes out any more.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import connection
from django.utils import timezone
from twilio.request_validator import RequestValidator

from aftercare.models import Concern, OnCallContact
from notifications.models import Message
from notifications.services import Draft, dispatch_until_idle, schedule
from notifications.services.replies import receive_reply
from notifications.tasks import wake
from tests.clinic_world import Clinic, wait_until
from tests.processes import running
from tests.providers import Answer
from tests.test_story import WORKER

SECOND = timedelta(seconds=1)


@pytest.fixture
def healing(committed_clinic: Clinic) -> Clinic:
    """Ana has been treated. Whatever the hour of this test, a dose of hers is due four seconds from now, and nothing else today."""
    clinic, now = committed_clinic, timezone.now()
    clinic.treat(clinic.consents(clinic.ana, "sms"))
    tomorrow = now + timedelta(days=1)
    Message.objects.update(send_at=tomorrow, due_at=tomorrow, expires_at=tomorrow + timedelta(days=1), quiet_from=None, quiet_until=None)
    OnCallContact.objects.create(name="Dana Diaz", phone="+12125550120", position=1)
    return clinic


def bring_the_first_dose_forward() -> Message:
    dose = Message.objects.filter(caremessage__kind="dose").earliest("pk")
    due_at = timezone.now() + 4 * SECOND
    Message.objects.filter(pk=dose.pk).update(send_at=due_at, due_at=due_at)
    dose.refresh_from_db()
    return dose


def webhook(url: str, body: str, token: str) -> None:
    fields = {"MessageSid": "SMurgent", "From": "+12125550101", "To": "+12125550199", "Body": body}
    signature = RequestValidator(token).compute_signature(url, fields)
    with urlopen(Request(url, urlencode(fields).encode(), {"X-Twilio-Signature": signature}), timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(("body", "is_urgent"), [("My cheek is bleeding and it won't stop", True), ("See you in December!", False)])
def test_within_ten_seconds(healing, body, is_urgent, live_server, settings, twilio, real_env, tmp_path):
    """With ordinary words in it, the same reply is the control: nobody is called, and the dose goes out."""
    settings.PUBLIC_BASE_URL = live_server.url
    log = tmp_path / "worker.log"
    env = real_env | {"PUBLIC_BASE_URL": live_server.url}
    with running(*WORKER, "--pool", "prefork", "--concurrency", "2", env=env, log=log) as worker:
        wait_until(lambda: "ready." in log.read_text() or worker.poll() is not None, seconds=60)
        assert worker.poll() is None, log.read_text()
        dose = bring_the_first_dose_forward()
        said_at, began = timezone.now(), time.monotonic()
        webhook(f"{live_server.url}/webhooks/twilio/inbound/", body, twilio.auth_token)
        if is_urgent:
            wait_until(lambda: twilio.texts_to("+12125550120") and twilio.texts_to("+12125550101"), seconds=10)
            assert time.monotonic() - began < 10
            concern = Concern.objects.get()
            assert (concern.patient, concern.severity, concern.said) == (healing.ana, "urgent", body)
            assert said_at <= concern.raised_at < said_at + 10 * SECOND
            (alert,) = twilio.texts_to("+12125550120")
            assert f"{live_server.url}/admin/inbox/{healing.ana.pk}/" in alert
            assert "Ana" not in alert
            assert "bleeding" not in alert
        time.sleep(max(0.0, 4.5 - (time.monotonic() - began)))
        wake()  # as beat does, now that the dose is due
        wait_until(lambda: Message.objects.get(pk=dose.pk).send_at > dose.send_at or bool(Message.objects.get(pk=dose.pk).accepted_at))
        wait_until(lambda: not Message.objects.filter(status="sending").exists())
    standing = Message.objects.get(pk=dose.pk)
    if is_urgent:
        assert (standing.status, standing.reason) == ("scheduled", "waits: an urgent concern is open")
        assert [text[:38] for text in twilio.texts_to("+12125550101")] == ["Maple Street Clinic: please call us no"]
        told = Message.objects.get(address="+12125550120")
        assert told.accepted_at is not None
        assert told.accepted_at - said_at < 10 * SECOND
    else:
        assert not Concern.objects.exists()
        assert standing.status == "accepted"
        assert (len(twilio.texts_to("+12125550101")), twilio.texts_to("+12125550120")) == (1, [])
    assert "bleeding" not in log.read_text()


def test_it_goes_before_all_that_wait_for_their_turn(healing, settings, process_env, twilio):
    """Forty texts are due at ten a second, and one run has taken them all when she writes. The order in which they leave doesn't hang
    on how fast this machine is. What is routine and comes with her reply is the control: it goes after those that waited.
    """
    settings.SMS_PER_SECOND = 10
    seen: list[str] = []

    def answer(form):
        seen.append(form["To"])
        return Answer()

    twilio.answer = answer
    schedule([_text(number) for number in range(40)], now=timezone.now())

    def run():
        try:
            return dispatch_until_idle().accepted
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(run)
        wait_until(lambda: len(seen) >= 5)
        receive_reply("sms", "+12125550101", "My cheek is bleeding and it won't stop", provider_id="SMurgent")
        schedule([_text(40)], now=timezone.now())
        assert sent.result(timeout=60) == 43
    whoever_is_on_call, she = "+12125550120", "+12125550101"
    assert {whoever_is_on_call, she} <= set(seen[:-5])  # before others that had waited for longer
    assert _text(40).address in seen[-5:]


def _text(number: int) -> Draft:
    now = timezone.now()
    return Draft(f"routine-{number}", "sms", f"+1212555{2000 + number}", "Time for your serum.", now, now + timedelta(hours=2))
