"""Over the wire: what we tell Twilio to call is what answers it, and what comes at the same moment is taken one after the other."""

import time
from threading import Event
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from django.db import transaction
from django.utils import timezone
from twilio.request_validator import RequestValidator

from notifications.channels import Outcome
from notifications.domain.states import Verdict
from notifications.models import Alarm, Attempt, Message, Receipt, Reply, Suppression
from notifications.services import claim_due, dispatch, lift_suppression, receive_reply, record_receipt, suppress
from notifications.services.recording import record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def public(live_server, settings, twilio) -> str:
    settings.PUBLIC_BASE_URL = live_server.url
    return str(live_server.url)


def call(url: str, fields: dict[str, str], token: str) -> int:
    """As Twilio does: what stands behind “#” is its own, and neither sent nor signed."""
    address = url.partition("#")[0]
    signature = RequestValidator(token).compute_signature(address, fields)
    request = Request(address, urlencode(fields).encode(), {"X-Twilio-Signature": signature})
    try:
        with urlopen(request, timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_the_callback_that_goes_with_a_text_comes_home(public, text, twilio):
    message = text(now=timezone.now())
    dispatch()
    (form,) = twilio.sent
    assert form["StatusCallback"].startswith(f"{public}/webhooks/twilio/status/{message.pk}/?attempt=")
    said = {"MessageSid": form["sid"], "MessageStatus": "delivered", "To": form["To"]}
    assert call(form["StatusCallback"], said, "another account's token") == 403
    assert Message.objects.get().status == "accepted"
    assert call(form["StatusCallback"], said, twilio.auth_token) == 204
    assert Message.objects.get().status == "delivered"


def test_a_reply_stops_what_was_to_come(public, text, twilio):
    waiting = text(address="+12125550101", now=timezone.now())
    fields = {"MessageSid": "SM1", "From": "+12125550101", "Body": "please stop texting me"}
    assert call(f"{public}/webhooks/twilio/inbound/", fields, twilio.auth_token) == 200
    dispatch()
    assert (Message.objects.get(pk=waiting.pk).status, twilio.requests) == ("suppressed", [])


def test_the_same_receipt_from_many_sides_at_once_is_one(text, twilio, at_once):
    message = text()
    dispatch(now=message.send_at)
    token = Attempt.objects.get().token

    def say(status: str, code: str = "") -> bool:
        return record_receipt(message.pk, token, provider_id="SM1", status=status, error_code=code)

    assert at_once([lambda: say("undelivered", "30007")] * 8) == [True] * 8
    assert (Receipt.objects.count(), Alarm.objects.get().times, Message.objects.get().status) == (1, 1, "undelivered")


@pytest.mark.parametrize("verdict", [Verdict.ACCEPTED, Verdict.UNCERTAIN, Verdict.REFUSED_FOR_NOW])
def test_receipts_and_the_workers_own_record_at_once_end_the_same(text, twilio, at_once, verdict):
    """Whoever comes first: forty texts, whose receipts and whose batch's record are let go at the same moment."""
    messages = [text() for _ in range(40)]
    claimed = claim_due(now=messages[0].send_at).to_send
    outcomes = [Outcome(verdict, "SM1" if verdict is Verdict.ACCEPTED else "", "") for _ in claimed]

    def receive(part: int) -> list[bool]:
        return [
            record_receipt(one.message_id, one.token, provider_id="SM1", status=status)
            for one in claimed[part::3]
            for status in ("delivered", "sent")
        ]

    def write() -> None:
        record(claimed, outcomes, now=messages[0].send_at)

    results = at_once([write, *(lambda part=part: receive(part) for part in range(3))])
    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Message.objects.values_list("status", "lease_until")) == {("delivered", None)}
    assert set(Attempt.objects.values_list("provider_id", flat=True)) == {"SM1"}


@pytest.mark.parametrize("attempt", range(3))
def test_stops_and_starts_from_one_number_at_once_each_count(at_once, attempt):
    words = ["STOP", "START"] * 4

    def say(number: int) -> str:
        return receive_reply("sms", "+12125550101", words[number], provider_id=f"SM{number}")

    assert at_once([lambda number=number: say(number) for number in range(8)]) == [""] * 8
    assert Reply.objects.count() == 8


def test_a_stop_that_meets_a_start_under_way_holds(at_once):
    """The START isn't committed yet: the number still looks as if it were suppressed already."""
    suppress("sms", "+12125550101", reason="said stop")
    lifted, stopping = Event(), Event()

    def start() -> None:
        with transaction.atomic():
            lift_suppression("sms", "+12125550101", reason="said start")
            lifted.set()
            stopping.wait(10)
            time.sleep(0.2)

    def stop() -> bool:
        lifted.wait(10)
        stopping.set()
        return suppress("sms", "+12125550101", reason="said stop again")

    assert at_once([start, stop]) == [None, True]
    assert Suppression.objects.get().reason == "said stop again"
