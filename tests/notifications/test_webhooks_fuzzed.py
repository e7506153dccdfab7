"""10,000 requests that no Twilio would send: none is answered with a 500, and none without a signature changes a row."""

import logging
from collections.abc import Iterator, Sequence
from io import BytesIO
from random import Random
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory
from twilio.request_validator import RequestValidator

from clinic.wsgi import Request
from notifications import views
from notifications.models import Alarm, Attempt, Message, Pace, Receipt, Reply, Suppression
from notifications.services import dispatch
from tests.callbacks import FORM, first_token, through_wsgi
from tests.notifications.conftest import NOON

# By shape; 10,000 together.
UNSIGNED_STATUS, UNSIGNED_INBOUND, RAW, SIGNED_STATUS, SIGNED_INBOUND = 2000, 2000, 2000, 2000, 2000

STATUSES = ["accepted", "queued", "sent", "delivered", "undelivered", "failed", "canceled", "read", "teleported", "SENT", ""]
CODES = ["", "21610", "30007", "30034", "30003", "99999", "-1", "0x1", "9" * 30, "٣"]
WORDS = ["STOP", "START", "YES", "HELP", "please stop texting me", "it won't stop stinging", "deja de escribirme", "", "\0", "🙂" * 400]

ODD = ["\0", "'; DROP TABLE", "%00", "‮", "\ud7ff", "a" * 300, "\r\n\r\n", "{{x}}", "NaN"]
SIDS = ["SM1", "SM2", "SM" + "f" * 32, "", "S" * 65]
NAMES = ["To", "SmsSid", "NumMedia", "AccountSid", "attempt", "csrfmiddlewaretoken", "_method"]
NUMBERS = ["+12125550101", "+12125550102", "whatsapp:+12125550101", "", "12345"]
# By the last character of each: what is typed, what a byte holds, what one UTF-16 unit holds, all that there is.
REACHES = [0x7E, 0xFF, 0xD7FF, 0x10FFFF]

Pairs = list[tuple[str, str]]


class Dice(Random):
    """The same throws in each run. Hypothesis took twice as long to make a request as the clinic to answer it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __repr__(self) -> str:
        return f"Dice({self.number})"

    def text(self, most: int = 80, reach: int | None = None) -> str:
        last = self.choice(REACHES) if reach is None else reach
        letters = (chr(self.randint(0, last)) for _ in range(self.randint(0, self.choice([2, 10, most]))))
        return "".join(letter for letter in letters if not "\ud800" <= letter <= "\udfff")

    def odd(self) -> str:
        return self.choice(ODD) if self.random() < 0.5 else self.text()

    def either(self, known: Sequence[str]) -> str:
        return self.choice(known) if self.random() < 0.5 else self.odd()

    def bytes_(self, most: int) -> bytes:
        return self.randbytes(self.randint(0, most))

    def signature(self) -> str:
        return self.choice(["", self.text(40, reach=0xFF)])

    def fields(self, **known: Sequence[str]) -> Pairs:
        """Some left out, some repeated, some unheard of."""
        own = [(name, self.either(values)) for name, values in known.items() for _ in range(self.choice([1, 1, 1, 1, 1, 1, 0, 2]))]
        return own + [(self.either(NAMES), self.odd()) for _ in range(self.randint(0, 4))]

    def status_fields(self) -> Pairs:
        return self.fields(MessageSid=SIDS, MessageStatus=STATUSES, ErrorCode=CODES)

    def inbound_fields(self) -> Pairs:
        kinds = {"OptOutType": ["STOP", "START", "HELP"], "NumMedia": ["0", "1", "-1", "1e9", "9" * 400]}
        return self.fields(MessageSid=SIDS, From=NUMBERS, Body=WORDS, **kinds)


def throws(number: int) -> Iterator[Dice]:
    """For each request dice of its own, which a failure names."""
    return map(Dice, range(number))


@pytest.fixture(autouse=True)
def _in_silence(caplog):
    caplog.set_level(logging.ERROR, logger="django.request")


@pytest.fixture
def path(text, twilio) -> str:
    """Of the status of a text that was taken; another waits, and so does one to a number that replies come from."""
    message = text(address="+12125550101")
    dispatch(now=NOON)
    text(address="+12125550101")
    text(address="+12125550102")
    return f"/webhooks/twilio/status/{message.pk}/?attempt={first_token(message)}"


def rows() -> dict[str, tuple[int, str | None]]:
    """Of every table that a webhook can reach: how many, and a hash of all that they hold."""
    found = {}
    with connection.cursor() as cursor:
        for model in (Message, Attempt, Receipt, Reply, Suppression, Alarm, Pace):
            table = model._meta.db_table
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            found[table] = cursor.fetchone()
    return found


def post(path: str, body: bytes, *, signature: str | None = None, **environ: str) -> int:
    """Signed for what the server will read from it, or with `signature`."""
    if signature is None:
        address, _, query = path.partition("?")
        base = RequestFactory()._base_environ(PATH_INFO=address, QUERY_STRING=query, CONTENT_TYPE=FORM, **{"wsgi.input": BytesIO(body)})
        url = django_settings.PUBLIC_BASE_URL + Request(base).get_full_path()
        signature = RequestValidator(django_settings.TWILIO_AUTH_TOKEN).compute_signature(url, QueryDict(body, encoding="utf-8"))
    return through_wsgi(path, body, HTTP_X_TWILIO_SIGNATURE=signature, **environ)


def form(pairs: list[tuple[str, str]], spoilt: bytes = b"") -> bytes:
    return urlencode(pairs).encode() + spoilt


def test_status_without_a_signature(path):
    before = rows()

    for dice in throws(UNSIGNED_STATUS):
        assert post(path, form(dice.status_fields()), signature=dice.signature()) == 403, dice

    assert rows() == before


def test_inbound_without_a_signature(path):
    before = rows()

    for dice in throws(UNSIGNED_INBOUND):
        assert post("/webhooks/twilio/inbound/", form(dice.inbound_fields()), signature=dice.signature()) == 403, dice

    assert rows() == before


METHODS = ["POST", "POST", "POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"]
TYPES = [FORM, "application/json", "multipart/form-data", "multipart/form-data; boundary=x", f"{FORM}; charset=rot13"]


def anywhere(dice: Dice, path: str) -> str:
    ways = [
        lambda: path,
        lambda: "/webhooks/twilio/inbound/",
        lambda: f"/webhooks/twilio/status/{quote(dice.text(30))}",
        lambda: f"/webhooks/twilio/status/{dice.randint(-1, 1) * dice.getrandbits(dice.choice([1, 8, 63, 64, 128]))}/",
        lambda: f"{path.split('?')[0]}?attempt={dice.bytes_(30).decode('latin-1')}",
    ]
    return dice.choice(ways)()


def any_type(dice: Dice) -> str:
    odd = [dice.text(40, reach=0xFF), f"{FORM}; charset={dice.text(12, reach=0x7F)}"]
    return dice.choice([dice.choice(TYPES), *(text.replace("\r", "").replace("\n", "") for text in odd)])


def test_anything_at_all_without_a_signature(path):
    """Other methods, other types, addresses that are none, bytes that are no text."""
    before = rows()

    for dice in throws(RAW):
        address, kind = anywhere(dice, path), any_type(dice)
        body = dice.choice([dice.bytes_(200), form(dice.status_fields())])
        said = through_wsgi(address, body, method=dice.choice(METHODS), CONTENT_TYPE=kind, HTTP_X_TWILIO_SIGNATURE=dice.signature())
        assert said in (301, 400, 403, 404, 405), dice

    assert rows() == before


def test_status_with_the_right_signature(path):
    address, _, token = path.partition("?attempt=")

    for dice in throws(SIGNED_STATUS):
        asked = dice.choice([token, quote(dice.odd())])
        assert post(f"{address}?attempt={asked}", form(dice.status_fields(), dice.bytes_(8))) in (204, 400, 403), dice

    assert Receipt.objects.exists()


def test_inbound_with_the_right_signature(path):
    for dice in throws(SIGNED_INBOUND):
        assert post("/webhooks/twilio/inbound/", form(dice.inbound_fields(), dice.bytes_(8))) in (200, 400), dice

    assert Reply.objects.exists()


def test_control_without_the_check_of_the_signature_rows_change(path, monkeypatch):
    monkeypatch.setattr(views, "_is_signed", lambda request, fields: True)
    Attempt.objects.update(provider_id="")
    before = rows()
    post(path, form([("MessageSid", "SM1"), ("MessageStatus", "delivered")]), signature="")
    post("/webhooks/twilio/inbound/", form([("MessageSid", "SM2"), ("From", "+12125550102"), ("Body", "STOP")]), signature="")
    changed = {table for table, held in rows().items() if held != before[table]}
    assert changed == {
        "notifications_message",
        "notifications_attempt",
        "notifications_receipt",
        "notifications_reply",
        "notifications_suppression",
    }


def test_they_are_ten_thousand():
    assert UNSIGNED_STATUS + UNSIGNED_INBOUND + RAW + SIGNED_STATUS + SIGNED_INBOUND == 10_000
