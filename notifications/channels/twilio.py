"""Text messages over Twilio's official SDK, asynchronously, on a connection pool of ours.

| Twilio says                              | what we do                                        |
| ---------------------------------------- | ------------------------------------------------- |
| 201                                      | accepted                                          |
| 400 with 21610                           | opted out: the number is suppressed               |
| other 4xx (21211, 21614: a bad number)   | refused for good                                  |
| 429, 20429; connection refused           | refused for now: try again                        |
| 401, 403: our own account is turned away | refused for now: a new password isn't its fault   |
| 5xx, 408, time-out, reset, no id         | uncertain: look at the message list before any resend |
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import aiohttp
from django.conf import settings
from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.channels.rate import Rate
from notifications.domain.states import Verdict
from notifications.errors import TransportError

CLOCKS_DIFFER = timedelta(minutes=2)  # ours from Twilio's, at most; doses in the same words are hours apart
OPTED_OUT = 21610
LONGEST_VALIDITY_SECONDS = 36_000  # of Twilio's own queue
# A callback that doesn't reach us is tried five more times, whatever went wrong.
INSISTS = "#rc=5&rp=all"


class HttpClient(AsyncHttpClient):
    """The SDK's transport, on a pool of ours. The stock one stops at 100 connections, asks for no time-out and logs numbers."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(None, True, None)
        self._session = session

    async def request(
        self,
        method: str,
        url: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        headers = {**(headers or {}), **({"Authorization": _basic(*auth)} if auth else {})}
        body = urlencode(data).encode() if data else None
        async with self._session.request(
            method, url, params=params, data=body, headers=headers, allow_redirects=allow_redirects
        ) as response:
            return Response(response.status, await response.text(), response.headers)


class Channel:
    confirms = True

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.DISPATCH_IN_FLIGHT),
            timeout=aiohttp.ClientTimeout(total=settings.TWILIO_TIMEOUT_SECONDS),
        )
        self._client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=HttpClient(self._session))
        if settings.TWILIO_API_BASE_URL:
            self._client.api.base_url = settings.TWILIO_API_BASE_URL
        self._sender = _sender()
        self._rate = Rate(next(iter(self._sender.values())), settings.SMS_PER_SECOND)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._session.close()
        await self._rate.close()

    async def wait(self) -> None:
        await self._rate.wait()

    async def send(self, message: Any) -> str:
        seconds_left = int((message.expires_at - timezone.now()).total_seconds())
        try:
            sent = await self._client.messages.create_async(
                to=message.address,
                body=message.body,
                validity_period=max(1, min(LONGEST_VALIDITY_SECONDS, seconds_left)),
                **self._sender,
                **_callback(message),
            )
        except TwilioRestException as error:
            raise _refused(error) from error
        except aiohttp.ClientConnectorError as error:
            raise TransportError(Verdict.REFUSED_FOR_NOW, "unreachable", "Twilio can't be reached") from error
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransportError(Verdict.UNCERTAIN, type(error).__name__, "Twilio didn't answer") from error
        if not sent.sid:
            raise TransportError(Verdict.UNCERTAIN, "no sid", "Twilio's answer names no message")
        return str(sent.sid)

    async def find(self, message: Any) -> list[str] | None:
        """The texts to the number with the same words. Redaction leaves no words to compare: then number and time decide."""
        since = message.sought_since.astimezone(UTC) - CLOCKS_DIFFER
        try:
            listed = await self._client.messages.list_async(to=message.address, limit=50)
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        return [text.sid for text in listed if text.sid and text.body in (message.body, "", None) and _made_at(text) >= since]


def _basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        try:
            text = await self._client.messages(message.provider_id).fetch_async()
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        return str(text.status or ""), str(text.error_code or "")

    return None


def _made_at(text: Any) -> datetime:
    return text.date_created or datetime.now(UTC)


def _sender() -> dict[str, str]:
    if settings.TWILIO_MESSAGING_SERVICE_SID:
        return {"messaging_service_sid": settings.TWILIO_MESSAGING_SERVICE_SID}
    return {"from_": settings.TWILIO_FROM_NUMBER}


def _callback(message: Any) -> dict[str, str]:
    """Where Twilio tells what became of it. The try's token is in the address: so it is known which try the provider took."""
    if not (settings.TWILIO_API_BASE_URL or is_public(settings.PUBLIC_BASE_URL)):
        return {}  # Twilio refuses a text whose callback points to a machine of one's own
    path = f"/webhooks/twilio/status/{message.message_id}/"
    return {"status_callback": f"{settings.PUBLIC_BASE_URL}{path}?attempt={message.token.hex}{INSISTS}"}


def is_public(url: str) -> bool:
    return urlsplit(url).hostname not in ("localhost", "127.0.0.1", "::1")


def _refused(error: TwilioRestException) -> TransportError:
    """By HTTP status first, then by code. The SDK's own text can hold the number, so it goes no further."""
    code = str(error.code or error.status)
    explanation = f"Twilio's error {code}"
    if error.status >= 500 or error.status == 408:
        return TransportError(Verdict.UNCERTAIN, code, explanation)
    if error.status < 400 or error.status in (401, 403, 429):
        return TransportError(Verdict.REFUSED_FOR_NOW, code, explanation, is_too_many=error.status == 429)
    if error.code == OPTED_OUT:
        return TransportError(Verdict.OPTED_OUT, code, explanation)
    return TransportError(Verdict.REFUSED_FOR_GOOD, code, explanation)
