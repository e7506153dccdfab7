"""Twilio's end of the webhooks: requests signed as it signs them, for the address at which the clinic is known outside."""

from collections.abc import Mapping
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from twilio.request_validator import RequestValidator

from clinic.wsgi import application
from notifications.models import Attempt, Message

FORM = "application/x-www-form-urlencoded"


def signature(path: str, fields: Mapping[str, Any]) -> str:
    return str(RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(settings.PUBLIC_BASE_URL + path, fields))


def post(path: str, fields: Mapping[str, Any], *, signed: str | None = None, **headers: str) -> HttpResponse:
    """With the right signature, or with `signed`."""
    proof = signature(path, fields) if signed is None else signed
    return Client(raise_request_exception=False).post(
        path, urlencode(fields, doseq=True), content_type=FORM, headers={"X-Twilio-Signature": proof, **headers}
    )


def through_wsgi(path: str, body: bytes, *, method: str = "POST", **environ: str) -> int:
    """The request as a server hands it over, with nothing tidied up on the way; the status of its answer."""
    address, _, query = path.partition("?")
    wanted = {"REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM}
    base = RequestFactory()._base_environ(**wanted, **{"wsgi.input": BytesIO(body)})
    said: list[str] = []
    request_started.disconnect(close_old_connections)  # the test's own connection
    try:
        b"".join(application({**base, **environ}, lambda status, headers, exc_info=None: said.append(status)))
    finally:
        request_started.connect(close_old_connections)
    return int(said[0].split()[0])


def status_path(message: Message, token: str | None = None) -> str:
    """Of its first try, unless another's token is given."""
    return f"/webhooks/twilio/status/{message.pk}/?attempt={token or first_token(message)}"


def first_token(message: Message) -> str:
    return str(Attempt.objects.filter(message=message).earliest("pk").token.hex)


def receipt(message: Message, status: str, *, code: str = "", sid: str = "SM1", token: str | None = None) -> HttpResponse:
    fields = {"MessageSid": sid, "MessageStatus": status, "AccountSid": settings.TWILIO_ACCOUNT_SID}
    return post(status_path(message, token), fields | ({"ErrorCode": code} if code else {}))


_numbers = count(1)


def reply(body: str, *, number: str = "+12125550101", sid: str = "", **fields: str) -> HttpResponse:
    sid = sid or f"SMreply{next(_numbers)}"
    return post("/webhooks/twilio/inbound/", {"MessageSid": sid, "From": number, "To": "+12125550199", "Body": body, **fields})
