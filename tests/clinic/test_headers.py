"""What refuses before a view is asked has the headers, too. Every address of the site: test_matrix.py; the image's process: test_web.py."""

import logging
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from clinic.uploads import MOST_READ
from tests.clinic.headers import wrong_headers


@pytest.fixture(autouse=True)
def _in_silence(caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL, logger="django")


def early(what: str, settings: Any) -> HttpResponse:
    client = Client(raise_request_exception=False)
    match what:
        case "another host":
            return client.get("/admin/login/", headers={"Host": "evil.example.org"})
        case "no HTTPS":
            settings.SECURE_SSL_REDIRECT = True
            return client.get("/admin/login/")
        case "no HTTPS, and another host":
            settings.SECURE_SSL_REDIRECT = True
            return client.get("/admin/login/", headers={"Host": "evil.example.org"})
        case "too large":
            return client.post("/admin/login/", CONTENT_LENGTH=str(MOST_READ + 1))
        case "no length":
            return client.post("/admin/login/", CONTENT_LENGTH="1e3")
        case "no token":
            return Client(enforce_csrf_checks=True).post("/admin/login/")
    return client.get("/healthz")


EARLY = {"another host": 400, "no HTTPS": 301, "no HTTPS, and another host": 400, "too large": 413, "no length": 400, "no token": 403}


@pytest.mark.parametrize(("what", "status"), [*EARLY.items(), ("is it well", 200)])
def test_whatever_refuses_early_says_them(db, settings, what, status):
    answer = early(what, settings)

    assert answer.status_code == status
    assert wrong_headers("/admin/login/", answer) == []


@pytest.mark.parametrize(
    ("middleware", "missed"),
    [
        ("clinic.headers.HeadersMiddleware", {"Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control"}),
        ("csp.middleware.CSPMiddleware", {"Content-Security-Policy"}),
        ("django.middleware.clickjacking.XFrameOptionsMiddleware", {"X-Frame-Options"}),
    ],
)
def test_control_without_one_of_them_it_is_noticed(settings, middleware, missed):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != middleware]

    said = wrong_headers("/healthz", Client().get("/healthz"))

    assert {wrong.split(" is ")[0] for wrong in said} == missed
