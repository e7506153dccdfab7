"""10,000 requests that no Twilio would send: none is answered with a 500, and none without a signature changes a row."""

import logging
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st
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

odd_text = st.one_of(
    st.text(max_size=80), st.sampled_from(["\0", "'; DROP TABLE", "%00", "‮", "\ud7ff", "a" * 300, "\r\n\r\n", "{{x}}", "NaN"])
)
sids = st.one_of(st.sampled_from(["SM1", "SM2", "SM" + "f" * 32, "", "S" * 65]), odd_text)
names = st.one_of(st.sampled_from(["To", "SmsSid", "NumMedia", "AccountSid", "attempt", "csrfmiddlewaretoken", "_method"]), odd_text)
extras = st.lists(st.tuples(names, odd_text), max_size=4)


def _mostly_once(pair: Any) -> Any:
    once = st.tuples(pair).map(list)
    return st.one_of(once, once, once, st.lists(pair, max_size=2))


def fields(**strategies: Any) -> Any:
    """A list of pairs: some left out, some repeated, some unheard of."""
    own = st.tuples(*(_mostly_once(strategy.map(lambda value, name=name: (name, value))) for name, strategy in strategies.items()))
    return st.tuples(own, extras).map(lambda parts: [pair for some in parts[0] for pair in some] + parts[1])


status_fields = fields(
    MessageSid=sids, MessageStatus=st.one_of(st.sampled_from(STATUSES), odd_text), ErrorCode=st.one_of(st.sampled_from(CODES), odd_text)
)
inbound_fields = fields(
    MessageSid=sids,
    From=st.one_of(st.sampled_from(["+12125550101", "+12125550102", "whatsapp:+12125550101", "", "12345"]), odd_text),
    Body=st.one_of(st.sampled_from(WORDS), odd_text),
    OptOutType=st.one_of(st.sampled_from(["STOP", "START", "HELP"]), odd_text),
    NumMedia=st.one_of(st.sampled_from(["0", "1", "-1", "1e9", "9" * 400]), odd_text),
)
signatures = st.one_of(st.just(""), st.text(st.characters(max_codepoint=255), max_size=40))

profile = {"derandomize": True, "database": None, "deadline": None}


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

    @settings(max_examples=UNSIGNED_STATUS, **profile)
    @given(status_fields, signatures)
    def ask(pairs, signature):
        assert post(path, form(pairs), signature=signature) == 403

    ask()
    assert rows() == before


def test_inbound_without_a_signature(path):
    before = rows()

    @settings(max_examples=UNSIGNED_INBOUND, **profile)
    @given(inbound_fields, signatures)
    def ask(pairs, signature):
        assert post("/webhooks/twilio/inbound/", form(pairs), signature=signature) == 403

    ask()
    assert rows() == before


def test_anything_at_all_without_a_signature(path):
    """Other methods, other types, addresses that are none, bytes that are no text."""
    before = rows()
    addresses = st.one_of(
        st.just(path),
        st.just("/webhooks/twilio/inbound/"),
        st.text(max_size=30).map(lambda tail: f"/webhooks/twilio/status/{quote(tail)}"),
        st.integers().map(lambda number: f"/webhooks/twilio/status/{number}/"),
        st.binary(max_size=30).map(lambda query: f"{path.split('?')[0]}?attempt={query.decode('latin-1')}"),
    )
    types = st.one_of(
        st.sampled_from([FORM, "application/json", "multipart/form-data", "multipart/form-data; boundary=x", f"{FORM}; charset=rot13"]),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40),
        st.text(st.characters(max_codepoint=127, exclude_characters="\r\n"), max_size=12).map(lambda charset: f"{FORM}; charset={charset}"),
    )
    methods = st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"])

    @settings(max_examples=RAW, **profile)
    @given(addresses, methods, types, st.one_of(st.binary(max_size=200), status_fields.map(form)), signatures)
    def ask(address, method, content_type, body, signature):
        said = through_wsgi(address, body, method=method, CONTENT_TYPE=content_type, HTTP_X_TWILIO_SIGNATURE=signature)
        assert said in (301, 400, 403, 404, 405)

    ask()
    assert rows() == before


def test_status_with_the_right_signature(path):
    tokens = st.one_of(st.just(path.split("=")[1]), odd_text.map(quote))

    @settings(max_examples=SIGNED_STATUS, **profile)
    @given(status_fields, tokens, st.binary(max_size=8))
    def ask(pairs, token, spoilt):
        assert post(f"{path.split('?')[0]}?attempt={token}", form(pairs, spoilt)) in (204, 400, 403)

    ask()
    assert Receipt.objects.exists()


def test_inbound_with_the_right_signature(path):
    @settings(max_examples=SIGNED_INBOUND, **profile)
    @given(inbound_fields, st.binary(max_size=8))
    def ask(pairs, spoilt):
        assert post("/webhooks/twilio/inbound/", form(pairs, spoilt)) in (200, 400)

    ask()
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
