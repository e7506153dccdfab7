"""Twilio's end of the webhooks: requests signed as it signs them, for the address at which the clinic is known outside."""

from collections.abc import Mapping
from io import BytesIO
from itertools import count
from typing import Any, NamedTuple
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


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def through_wsgi(path: str, body: bytes, *, method: str = "POST", **environ: Any) -> int:
    """The status of `answer_of`."""
    return answer_of(path, body, method=method, **environ).status


def answer_of(path: str, body: bytes, *, method: str = "POST", **environ: Any) -> Answer:
    """The request as a server hands it over, with nothing tidied up on the way."""
    address, _, query = path.partition("?")
    wanted = {"REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": FORM}
    base = RequestFactory()._base_environ(**wanted, **{"wsgi.input": BytesIO(body)})
    said: list[tuple[str, list[tuple[str, str]]]] = []
    request_started.disconnect(close_old_connections)  # the test's own connection
    try:
        content = b"".join(application({**base, **environ}, lambda status, headers, exc_info=None: said.append((status, headers))))
    finally:
        request_started.connect(close_old_connections)
    return Answer(int(said[0][0].split()[0]), said[0][1], content)


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
