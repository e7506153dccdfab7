"""The web process as it is in the image, over a real socket: what it says to browsers, and what it makes of requests that are none."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User

from tests.clinic.headers import POLICY, wrong_headers
from tests.clinic.test_ops_gunicorn import TYPED, UNREADABLE
from tests.clinic_world import wait_until
from tests.production.shipped import command_of, dockerfile, make_image
from tests.production.test_commands import environment, is_listening, open_folder, running, scratch

__all__ = ["environment", "scratch"]

HTTPS = {"Host": "clinic.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
ROUNDS, PASSWORD = 500, "a long password of hers"


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """With its static files: a page names them."""
    with open_folder() as folder:
        make_image(folder)
        [said] = [said for word, said in dockerfile() if word == "RUN" and "collectstatic" in said]
        words = [
            word for word in shlex.split(said.rpartition("&&")[2]) if word not in ("python", "manage.py", "collectstatic", "--noinput")
        ]
        env = {"PATH": os.environ["PATH"], "ENV_FILE": "/dev/null"} | dict(word.split("=", 1) for word in words)
        subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=folder, env=env, check=True, capture_output=True)
        yield folder


@pytest.fixture
def web(image: Path, environment, tmp_path: Path) -> Iterator[int]:
    """The port of one that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = command_of("web")
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    with running(command, image, environment("web"), tmp_path / "log") as process:
        wait_until(lambda: process.poll() is not None or is_well(port), seconds=60)
        yield port
        assert process.poll() is None, (tmp_path / "log").read_text()
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log, log


def asked(port: int, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer, answer.read().decode()


def is_well(port: int) -> bool:
    return is_listening(port) and asked(port, "/healthz")[0].status == 200


def cookie_of(answer: HTTPResponse, name: str) -> str:
    return next(said for said in answer.headers.get_all("Set-Cookie", []) if said.startswith(name))


def test_browsers_are_told_to_keep_everything_here_and_signing_in_takes_a_phone(web):
    hers = PBKDF2PasswordHasher().encode(PASSWORD, "salt")  # the tests' own hasher isn't the image's
    User.objects.create(username="dana", password=hers, is_staff=True)
    plain, _page = asked(web, "/admin/login/", **HTTPS | {"X-Forwarded-Proto": "http"})
    assert (plain.status, plain.headers["Location"]) == (301, "https://clinic.example.org/admin/login/")
    assert plain.headers["Strict-Transport-Security"] is None  # by HTTP anybody could say so

    answer, page = asked(web, "/admin/login/", **HTTPS)

    assert answer.status == 200
    headers = {name: value for name, value in answer.headers.items() if name != "Server"}
    assert wrong_headers("/admin/login/", headers, policy=POLICY | {"upgrade-insecure-requests"}) == []  # type: ignore[arg-type]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert answer.headers["Server"] == "gunicorn"  # and no version
    csrf = cookie_of(answer, "__Host-csrftoken=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(csrf.split("; "))

    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    typed = urlencode({"username": "dana", "password": PASSWORD, "csrfmiddlewaretoken": token})
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://clinic.example.org", "Cookie": csrf.split(";")[0]}
    signed_in, _page = asked(web, "/admin/login/", "POST", typed, **HTTPS, **form)
    assert signed_in.status == 302
    session = cookie_of(signed_in, "__Host-sessionid=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(session.split("; "))
    assert "max-age" not in session.lower()  # it goes with the browser

    halfway = {"Cookie": session.split(";")[0]}
    assert asked(web, "/admin/", **HTTPS, **halfway)[0].headers["Location"] == "/admin/login/?next=/admin/"
    gate, page = asked(web, "/admin/second-factor/set-up/?next=/admin/", **HTTPS, **halfway)
    assert gate.status == 200
    assert "<svg" in page


def test_too_often_is_by_the_address_that_the_proxy_saw(web):
    """Whatever else somebody claims to be."""

    def statuses(times: int, address: str) -> list[int]:
        return [
            asked(web, "/calendar/unknown.ics", **HTTPS | {"X-Forwarded-For": f"192.0.2.{n}, {address}"})[0].status for n in range(times)
        ]

    assert statuses(121, "198.51.100.7") == [404] * 120 + [429]
    assert statuses(1, "198.51.100.8") == [404]


# --- no HTTP ----------------------------------------------------------------------------------------------------------

RIGHT = "Host: clinic.example.org\r\nX-Forwarded-Proto: https\r\n"
LINES = [
    "GET / HTTP/9.9",
    "GET /",
    "GET  /  HTTP/1.1",
    "get /admin/ HTTP/1.1",
    "GET * HTTP/1.1",
    "GET http://evil.example.org/admin/ HTTP/1.1",
    "CONNECT clinic.example.org:443 HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET //evil.example.org HTTP/1.1",
    "GET /%00 HTTP/1.1",
    "GET /../../etc/passwd HTTP/1.1",
    "GET /static/%2e%2e/%2e%2e/clinic/settings.py HTTP/1.1",
    "POST /webhooks/twilio/inbound/ HTTP/1.1",
    "POST /admin/login/ HTTP/1.1",
    "GET /calendar/%ff.ics HTTP/1.1",
    f"GET /{'a' * 9000} HTTP/1.1",
    f"GET /?{'a=1&' * 900} HTTP/1.1",
]
HEADERS = [
    "Content-Length: -1",
    "Content-Length: +5",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 100",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: xchunked",
    "Expect: 100-continue",
    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
    "Host: a\r\nHost: b",
    "Host:",
    "No colon here",
    "Space : 1",
    "X_Forwarded_For: 127.0.0.1",
    "X-Null: a\0b",
    " folded",
    "Cookie: " + "a=b;" * 3000,
    "Content-Type: multipart/form-data; boundary=" + "x" * 300,
    "\r\n".join(f"X-{n}: {n}" for n in range(200)),
]
BODIES = [
    b"",
    b"hello",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFF\r\nx",
    b"-1\r\n",
    b"zz\r\n",
    b"GET /admin/ HTTP/1.1\r\n\r\n",
]


def no_http(dice: Random) -> bytes:
    headers = "".join(f"{dice.choice(HEADERS)}\r\n" for _ in range(dice.randrange(3)))
    request = f"{dice.choice(LINES)}\r\n{RIGHT if dice.random() < 0.7 else ''}{headers}\r\n".encode() + dice.choice(BODIES)
    if dice.random() < 0.3:  # and something is broken on the way
        spoilt = bytearray(request)
        for _ in range(dice.randrange(1, 6)):
            spoilt[dice.randrange(min(len(spoilt), 300))] = dice.randrange(256)
        request = bytes(spoilt)
    return dice.choice([b"\x16\x03\x01\x02\0", b"\0" * 50, dice.randbytes(200)]) if dice.random() < 0.05 else request


def statuses_of(port: int, request: bytes) -> list[int]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        said = b""
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                said += part
        except ConnectionError:  # it may hang up on such a caller
            pass
    return [int(status) for status in re.findall(rb"^HTTP/1\.[01] (\d{3})", said, re.MULTILINE)]


def test_what_is_no_http_is_no_error_of_ours_and_stops_nobody(web):
    dice, statuses = Random(7), []
    for _round in range(ROUNDS):
        request = no_http(dice)
        answered = statuses_of(web, request)
        assert not {500, 502, 503} & set(answered), request
        statuses += answered

    assert len(statuses) > ROUNDS // 2
    assert {200, 400, 404} & set(statuses)
    assert is_well(web)


def test_and_its_log_repeats_none_of_it(web, tmp_path):
    for request in [*UNREADABLE, f"GET /admin/ HTTP/1.1\r\n{RIGHT}SCRIPT_NAME: /{TYPED}\r\n\r\n"]:
        statuses_of(web, request.encode())
    wait_until(lambda: len(re.findall("Invalid request from ip=127.0.0.1: ", (tmp_path / "log").read_text())) >= len(UNREADABLE))

    log = (tmp_path / "log").read_text()
    assert {kind for kind in UNREADABLE.values() if kind not in log} == set()
    assert TYPED not in log
