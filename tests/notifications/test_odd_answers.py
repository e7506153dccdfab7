"""Answers that Twilio shouldn't give: none harms another message of the batch, and none of their words ends in a reason."""

import pytest
from django.db import DataError

from notifications.channels import twilio as twilio_channel
from notifications.models import Alarm, Message
from notifications.services import dispatch, remedy_for
from tests import providers
from tests.notifications.conftest import NOON

JSON = "application/json"


@pytest.fixture
def becomes(text, twilio, monkeypatch):
    """What becomes of a text that is answered so, and of an email in the same batch."""

    def send(status: int, body: bytes, content_type: str = JSON) -> tuple[str, str, str]:
        def answer(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in (("Content-Type", content_type), ("Location", "/elsewhere"), ("Content-Length", str(len(body)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        monkeypatch.setattr(providers._Handler, "do_POST", answer)
        message, email = text(), text(channel="email", address="ana@example.org", subject="Day 1")
        dispatch(now=NOON)
        assert Message.objects.get(pk=email.pk).status == "accepted"
        message.refresh_from_db()
        return message.status, message.reason, message.error_code

    return send


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        *((body, JSON) for body in (b"<html>", b"[]", b"null", b"{}", b'{"sid": 7}', b'{"sid": "SM\\u00001"}', b"\xff\xfe{")),
        (b"<html>", "text/html; charset=unheard-of"),
    ],
)
def test_taken_but_without_a_name_it_is_uncertain(becomes, body, content_type):
    assert becomes(201, body, content_type)[0] == "uncertain"


def test_control_a_name_with_a_nul_would_lose_what_became_of_the_whole_batch(becomes, monkeypatch):
    monkeypatch.setattr(twilio_channel, "_is_sid", bool)
    with pytest.raises(DataError, match="NUL"):
        becomes(201, b'{"sid": "SM\\u00001"}')


@pytest.mark.parametrize("code", [b'"+12125550101 said no"', b'"a\\u0000b"', b"null", b"[]", b"1e99", b'"9999999999999"'])
def test_a_code_that_is_none_goes_no_further(becomes, code):
    assert becomes(400, b'{"message": "No.", "code": ' + code + b"}") == ("failed", "Twilio refused it (Twilio's error 400)", "400")


@pytest.mark.parametrize(
    ("status", "code", "stands"),
    [
        (400, b"21211", ("failed", "the number isn't valid (Twilio's error 21211)", "21211")),
        (429, b"20429", ("scheduled", "to be tried again: Twilio takes no more texts from us just now (Twilio's error 20429)", "20429")),
    ],
)
def test_errors_in_the_newer_shape_are_understood_too(becomes, status, code, stands):
    """RFC 9457, for which the SDK has another exception."""
    assert becomes(status, b'{"type": "about", "title": "No", "status": %d, "code": %s}' % (status, code)) == stands


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirection_isnt_followed(becomes, status):
    assert becomes(status, b"")[:2] == ("scheduled", f"to be tried again: Twilio gave no answer of use (Twilio's error {status})")


def test_where_our_account_isnt_found_no_text_is_given_up_and_an_operator_is_told(becomes):
    """A typo in TWILIO_ACCOUNT_SID or TWILIO_API_BASE_URL is nothing that is wrong with the number."""
    assert becomes(404, b'{"message": "Not found", "code": 20404}')[:2] == (
        "scheduled",
        "to be tried again: Twilio turns our account away (Twilio's error 20404)",
    )
    assert Alarm.objects.get().code == "20404"


@pytest.mark.parametrize(
    ("status", "said"), [(404, b'{"code": 20404}'), (403, b'{"code": 20403}'), (403, b"<h1>Forbidden</h1>"), (401, b"")]
)
def test_whatever_it_says_when_it_turns_our_account_away_an_operator_reads_what_to_do(becomes, status, said):
    assert becomes(status, said)[0] == "scheduled"
    assert "whether TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are still its own" in remedy_for(Alarm.objects.get())
