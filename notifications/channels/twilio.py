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

from datetime import UTC, datetime, timedelta
from typing import Any, Self

import aiohttp
from django.conf import settings
from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.domain.states import Verdict
from notifications.errors import TransportError

TIMEOUT_SECONDS = 10
CLOCKS_DIFFER = timedelta(minutes=2)  # ours from Twilio's, at most; doses in the same words are hours apart
OPTED_OUT = 21610
LONGEST_VALIDITY_SECONDS = 36_000  # of Twilio's own queue


class HttpClient(AsyncTwilioHttpClient):
    async def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> Response:
        """The stock client asks for no time-out at all, which overrides the session's own, and ignores the one that it is made with."""
        return await super().request(*args, timeout=timeout or TIMEOUT_SECONDS, **kwargs)


class Channel:
    confirms = True

    async def __aenter__(self) -> Self:
        # The stock client stops at 100 connections.
        self._http = HttpClient(pool_connections=False)
        self._http.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=settings.DISPATCH_IN_FLIGHT))
        self._client = Client(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, http_client=self._http)
        if settings.TWILIO_API_BASE_URL:
            self._client.api.base_url = settings.TWILIO_API_BASE_URL
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._http.close()

    async def send(self, message: Any) -> str:
        seconds_left = int((message.expires_at - timezone.now()).total_seconds())
        try:
            sent = await self._client.messages.create_async(
                to=message.address,
                body=message.body,
                validity_period=max(1, min(LONGEST_VALIDITY_SECONDS, seconds_left)),
                **_sender(),
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

    async def find(self, message: Any) -> str | None:
        """The newest text to the number, with the same words, made since the claim. Redaction leaves no words to compare."""
        since = message.claimed_at.astimezone(UTC) - CLOCKS_DIFFER
        try:
            listed = await self._client.messages.list_async(to=message.address, limit=50)
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        return next((text.sid or "" for text in listed if text.body in (message.body, "", None) and _made_at(text) >= since), "")

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        try:
            text = await self._client.messages(message.provider_id).fetch_async()
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        return str(text.status or ""), str(text.error_code or "")


def _made_at(text: Any) -> datetime:
    return text.date_created or datetime.now(UTC)


def _sender() -> dict[str, str]:
    if settings.TWILIO_MESSAGING_SERVICE_SID:
        return {"messaging_service_sid": settings.TWILIO_MESSAGING_SERVICE_SID}
    return {"from_": settings.TWILIO_FROM_NUMBER}


def _refused(error: TwilioRestException) -> TransportError:
    """By HTTP status first, then by code. The SDK's own text can hold the number, so it goes no further."""
    code = str(error.code or error.status)
    explanation = f"Twilio's error {code}"
    if error.status >= 500 or error.status == 408:
        return TransportError(Verdict.UNCERTAIN, code, explanation)
    if error.status < 400 or error.status in (401, 403, 429):
        return TransportError(Verdict.REFUSED_FOR_NOW, code, explanation)
    if error.code == OPTED_OUT:
        return TransportError(Verdict.OPTED_OUT, code, explanation)
    return TransportError(Verdict.REFUSED_FOR_GOOD, code, explanation)
