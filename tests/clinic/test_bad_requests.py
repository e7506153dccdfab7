"""10,000 requests that nobody means well with, over all that is open: no error, and nothing about any patient.

They are asked by somebody who isn't signed in, and by somebody who is and has no role. Garbage from those who have one: test_garbage.py.
"""

import logging
import os
import sys
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as django_settings
from django.core.signals import got_request_exception
from django.db.models import F, TextField, Value
from django.db.models.functions import Concat
from django.test import Client

from clinic import settings as written
from notifications.models import Reply
from scheduling.models import Patient
from tests.callbacks import FORM, Answer, answer_of
from tests.clinic.matrix import NEWCOMER, NOBODY, PEOPLE, pages
from tests.clinic.test_limits import counting
from tests.clinic.test_matrix import everything, filled, fingerprint, made, world
from tests.staff import member

__all__ = ["counting", "everything", "made", "world"]

SEED, ROUNDS, PARTS = os.environ.get("BAD_SEED", "7"), 10_000, 5
TOKEN = "nobody-guesses-that"
FIRST, LAST, WORDS = "Zyxanthia", "Quorvane", "my kumquat itches"  # what none of our pages says by itself
EMAIL = Concat(Value("quorvane"), F("pk"), Value("@example.org"), output_field=TextField())

METHODS = ["GET"] * 6 + ["POST"] * 4 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", ""]
NAMES = ["username", "password", "next", "csrfmiddlewaretoken", "q", "p", "id", "_popup", "From", "Body", "MessageSid", "List-Unsubscribe"]
SIGN_IN = ["username", "password"]
ODD = ["", "\0", "%00", "../../etc/passwd", "..%2f..%2f", "'; DROP TABLE auth_user; --", "<script>alert(1)</script>", "{{ 7*7 }}"]
ODD += ["//evil.example.org", "javascript:alert(1)", "\r\nSet-Cookie: a=b", "\u202e", "🙂" * 40, "x" * 5000, "9" * 400]
ODD += ["-1", "NaN", "٣", "on"]
BELOW = ["", "/", "//", "?", "change/", "../", ";jsessionid=1", ".json", "%2e%2e/", "\udcff", "add/", "history/", "1/", "é"]
# Each known to Python; what some of them read, such as half of a pair, nobody can write.
CHARSETS = ["raw_unicode_escape", "unicode_escape"] * 4
CHARSETS += ["utf-8", "UTF8", "latin-1", "utf-7", "utf-16", "punycode", "cp037", "rot13", "hex", "x"]
KINDS = [FORM, "application/json", "multipart/form-data", "multipart/form-data; boundary=x", f"{FORM}; charset=rot13", "text/xml", "\xff"]
PART = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n'
BODIES = [b"", b"--x\r\n", PART, b'{"a": [' * 500, b"=&" * 500, b"\x1f\x8b\x08"]
ESCAPED = ["\\ud800", "a\\udfffb", "x\\uD83D", "+2AA-", "\\u0000", "\\x"]
OURS = "a" * 32  # the token of a page of ours, which anybody can fetch


class Dice(Random):
    """The same throws in each run; BAD_SEED makes others."""

    def odd(self) -> str:
        return self.choice(ODD) if self.random() < 0.7 else "".join(chr(self.randrange(1, 0x2FF)) for _ in range(self.randrange(30)))

    def pairs(self) -> str:
        return urlencode([(self.choice(NAMES) if self.random() < 0.8 else self.odd(), self.odd()) for _ in range(self.randrange(5))])

    def parts(self) -> bytes:
        """A form in parts, in which the charset counts, too."""
        names = SIGN_IN if self.random() < 0.5 else self.choices(NAMES, k=self.randrange(1, 6))
        pairs = [(name, self.choice(ESCAPED) if self.random() < 0.7 else self.odd()) for name in names]
        parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in pairs]
        return f"{''.join(parts)}--x--\r\n".encode("utf-8", "surrogateescape")

    def guess(self, key: str) -> str:
        """Nearly the key."""
        at = self.randrange(len(key))
        near = [key[:at], key[at:], key[:at] + key[at + 1 :], f"{key[:at]}A{key[at:]}", key.swapcase(), key[::-1], f"{key}=", f" {key}"]
        return self.choice([guess for guess in near if guess != key])

    def header(self) -> tuple[str, str]:
        value = self.odd().replace("\r", "").replace("\n", "")
        known = {
            "HTTP_HOST": ["testserver", "evil.example.org", "testserver:99999", "[::1", "a b", "testserver@evil.example.org", value],
            "HTTP_COOKIE": [f"sessionid={value}", f"csrftoken={value}; messages={value}", "=;=;;", f"sessionid={'a' * 32}", value],
            "HTTP_AUTHORIZATION": [f"Bearer {value}", "Basic Og==", value],
            "HTTP_X_FORWARDED_FOR": [value, "127.0.0.1", "unknown, , ,"],
            "HTTP_X_FORWARDED_PROTO": ["https", "http,https", value],
            "HTTP_X_TWILIO_SIGNATURE": [value],
            "HTTP_HX_REQUEST": ["true", value],
            "HTTP_HX_CURRENT_URL": [value],
            "HTTP_ACCEPT_LANGUAGE": ["es", "xx-" * 200, "*;q=" + "9" * 50, value],
            "HTTP_IF_NONE_MATCH": ["*", f'"{value}"'],
            "HTTP_IF_MODIFIED_SINCE": [value],
            "HTTP_RANGE": ["bytes=0-", f"bytes={value}"],
            "HTTP_ORIGIN": ["null", "https://evil.example.org", value],
            "HTTP_REFERER": [value],
            "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
            "CONTENT_LENGTH": ["", "-1", "0", "99999999999", "1e3", value],
        }
        name = self.choice(list(known))
        return name, self.choice(known[name]).encode("utf-8", "surrogateescape").decode("latin-1")


def bad_request(dice: Dice, addresses: list[str], world: dict[str, Any], cookie: str) -> Answer:
    address = dice.choice(addresses)
    for key in ("token", "ending"):
        address = address.replace(f"{{{key}}}", quote(dice.guess(world[key])))
    path = filled(address, world)
    if dice.random() < 0.4:
        path = path.rstrip("/") + "/" + dice.choice([*BELOW, dice.odd()])
    if dice.random() < 0.5:
        path = f"{path}?{dice.pairs() if dice.random() < 0.8 else dice.odd()}"
    body = dice.choice([dice.pairs().encode(), dice.pairs().encode(), dice.choice(BODIES), dice.randbytes(dice.randrange(200))])
    environ = {"CONTENT_TYPE": dice.choice(KINDS), **({"HTTP_COOKIE": cookie} if cookie else {})}
    environ |= dict(dice.header() for _ in range(dice.choice([0, 0, 1, 1, 2, 4])))
    method = dice.choice(METHODS)
    is_ours = dice.random() < 0.25  # sent as from a page of ours
    if is_ours:
        method, given = "POST", f"{django_settings.CSRF_COOKIE_NAME}={OURS}"
        environ |= {"HTTP_X_CSRFTOKEN": OURS, "HTTP_COOKIE": f"{cookie}; {given}" if cookie else given}
    if dice.random() < (0.6 if is_ours else 0.1):
        kind, body = ("multipart/form-data; boundary=x", dice.parts()) if dice.random() < 0.8 else (FORM, body)
        environ["CONTENT_TYPE"] = f"{kind}; charset={dice.choice(CHARSETS)}"
    return answer_of(path.encode("utf-8", "surrogateescape").decode("latin-1"), body, method=method, **environ)


@pytest.fixture
def secrets(world: dict[str, Any], caplog: Any, settings: Any) -> list[bytes]:
    """What must not be found in any answer: of every patient, and what metrics take."""
    caplog.set_level(logging.CRITICAL, logger="django")
    settings.METRICS_TOKEN = TOKEN
    Patient.objects.update(
        first_name=FIRST,
        last_name=LAST,
        notes=WORDS,
        email=Concat(Value("quorvane"), F("pk"), Value("@example.org"), output_field=TextField()),
        active_products=WORDS,
    )
    Reply.objects.update(body=WORDS)
    numbers = [patient.phone for patient in Patient.objects.all() if patient.phone]
    assert len(numbers) > 3
    in_both_ways = (spelt for number in numbers for spelt in (str(number), number.as_e164.removeprefix("+1")))
    return [secret.encode() for secret in (FIRST, LAST, "quorvane", WORDS, "afterglow_", TOKEN, *in_both_ways)]


def found_in(answer: Answer, secrets: list[bytes]) -> list[bytes]:
    whole = answer.body + repr(answer.headers).encode()
    return [secret for secret in secrets if secret in whole]


def cookie_of_a_newcomer() -> str:
    client = Client()
    client.force_login(member(NEWCOMER))
    return f"{django_settings.SESSION_COOKIE_NAME}={client.cookies[django_settings.SESSION_COOKIE_NAME].value}"


def opened() -> list[str]:
    """The addresses that answer somebody who isn't signed in by more than the way there, each as often as all others together."""
    others = sorted({address for _method, address, _codes in pages()})
    open_ = sorted({address for _method, address, codes in pages() if codes[PEOPLE.index(NOBODY)] != 302})
    return [*others, *open_ * (len(others) // len(open_) + 1)]


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What a view, or whatever is around it, failed with."""
    heard: list[str] = []

    def hear(**kwargs: Any) -> None:
        kind, error, _where = sys.exc_info()
        heard.append(f"{kind.__name__ if kind else ''}: {error}"[:300])

    got_request_exception.connect(hear)
    yield heard
    got_request_exception.disconnect(hear)


@pytest.mark.parametrize("charset", ["raw_unicode_escape", "unicode_escape", "rot13", "hex", "latin-1", "utf-8"])
@pytest.mark.parametrize("typed", [("a\\ud800b", "x"), ("nobody", "\\ud800")])
def test_a_form_is_read_as_utf_8_or_not_at_all(world, errors, charset, typed):
    """Half of a pair, which Python writes and reads by these names, is no text: it was an error at the sign-in, for anybody."""
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in zip(SIGN_IN, typed, strict=True)
    )
    ours = {"HTTP_X_CSRFTOKEN": OURS, "HTTP_COOKIE": f"{django_settings.CSRF_COOKIE_NAME}={OURS}"}
    kind = f"multipart/form-data; boundary=x; charset={charset}"

    answer = answer_of("/admin/login/", f"{parts}--x--\r\n".encode(), CONTENT_TYPE=kind, **ours)

    assert (answer.status, errors) == (200, [])
    said = answer.body.decode()
    assert (f'value="{typed[0]}"' in said) is (charset == "utf-8")
    assert ("This field is required" in said) is (charset != "utf-8")


def test_nor_does_the_charset_count_for_the_address(world, errors):
    kind = {"CONTENT_TYPE": "text/plain; charset=unicode_escape"}
    answer = answer_of("/admin/login/?next=/admin/%5Cud800", b"", method="GET", **kind)

    assert (answer.status, errors) == (200, [])
    assert b"/admin/\\ud800" in answer.body


@pytest.mark.parametrize("part", range(PARTS))
def test_no_bad_request_makes_an_error_or_gets_any_data(world, secrets, errors, part):
    dice, addresses, wrong, statuses = Dice(f"{SEED}-{part}"), opened(), {}, set()
    cookie, before = cookie_of_a_newcomer(), fingerprint()
    for number in range(ROUNDS // PARTS):
        answer = bad_request(dice, addresses, world, cookie if dice.random() < 0.25 else "")
        statuses.add(answer.status)
        if answer.status >= 500:
            wrong.setdefault(errors[-1] if errors else f"{answer.status}", number)
        if leaks := found_in(answer, secrets):
            wrong.setdefault(f"{leaks}", number)

    assert wrong == {}
    assert statuses >= {200, 301, 302, 400, 403, 404, 405}
    assert fingerprint() == before


def test_with_the_limits_they_are_told_to_wait(world, secrets, counting):
    counting.RATE_LIMITS, counting.REFUSAL_LIMITS = written.RATE_LIMITS, written.REFUSAL_LIMITS
    dice, addresses = Dice(SEED), [address for address in opened() if address.startswith("/calendar/")]

    statuses = [bad_request(dice, addresses, world, "").status for _ in range(400)]

    assert 429 in statuses
    assert max(statuses) < 500


@pytest.mark.parametrize("which", [0, 1, 2, 3, -1])
def test_control_what_is_planted_would_be_found(world, secrets, which):
    answer = Answer(200, [("Location", "/")], b"<p>" + secrets[which] + b"</p>")
    assert found_in(answer, secrets) == [secret for secret in secrets if secret in secrets[which]]


def test_control_with_a_role_the_same_page_has_them(world, secrets):
    client = Client()
    client.force_login(member("Front desk"))
    page = client.get(f"/admin/scheduling/patient/{world['patient']}/change/")
    assert set(found_in(Answer(200, [], page.content), secrets)) >= {FIRST.encode(), LAST.encode(), WORDS.encode()}
