"""Text messages over Twilio's official SDK, asynchronously, on a connection pool of ours.

| Twilio answers                            | what we do                                         |
| ----------------------------------------- | -------------------------------------------------- |
| 201                                       | accepted                                           |
| 429; connection refused                   | refused for now: try again                         |
| 401, 403, 404: our account is turned away | refused for now, and an alarm                      |
| other 4xx                                 | what RULINGS says of its code, or refused for good |
| 5xx, 408, time-out, reset, no id          | uncertain: look at the message list first           |

What it says of a message later, in a receipt or when it is asked, is read by STATUSES and, where it wasn't delivered, by RULINGS.
"""

import re
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

import aiohttp
from django.conf import settings
from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifications.channels.rate import Rate
from notifications.domain.public import is_public
from notifications.domain.receipts import News
from notifications.domain.states import MessageStatus, Verdict
from notifications.errors import TransportError

# Where a message stands by Twilio's word for it. A word that isn't here changes nothing.
STATUSES = {
    "accepted": MessageStatus.ACCEPTED,
    "scheduled": MessageStatus.ACCEPTED,
    "queued": MessageStatus.ACCEPTED,
    "sending": MessageStatus.ACCEPTED,
    "sent": MessageStatus.ACCEPTED,  # to the carrier
    "partially_delivered": MessageStatus.ACCEPTED,  # not to everybody yet
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.UNDELIVERED,
    "canceled": MessageStatus.UNDELIVERED,  # in Twilio's console: we never do
}


class Ruling(NamedTuple):
    """What a code means, what a refusal with it comes to, and what an operator must do about it; that opens an alarm."""

    words: str
    verdict: Verdict = Verdict.REFUSED_FOR_GOOD
    remedy: str = ""


_SENDER = "In the Twilio console, see that TWILIO_FROM_NUMBER or TWILIO_MESSAGING_SERVICE_SID names a sender of ours that sends texts."
_ACCOUNT = (
    "In the Twilio console, see whether the account is active and paid for, and whether TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are still "
    "its own. TWILIO_API_BASE_URL must be empty."
)
TURNED_AWAY = (401, 403, 404)  # HTTP statuses, whatever the code is, if there is one
_CAMPAIGN = "In the Twilio console, finish the registration of the sender. Until then carriers block its texts."
_CONTENT = (
    "Carriers take our texts for spam. Take out what looks like it in the last ones, and write to Twilio's support with three of them."
)
_VOLUME = "The carriers' limit for our sender is reached. Set SMS_PER_SECOND and SMS_DAILY_CAP to it, or ask Twilio for a higher one."

# An alarm is for what would hit everybody's texts alike. What only an operator can mend is tried again meanwhile, within its validity;
# what hits one number is refused for good, so that email can take over.
RULINGS = {
    # She said stop to Twilio. 30004 isn't that: phones that are off and carriers' own block lists give it too.
    21610: Ruling("the number opted out", Verdict.OPTED_OUT),
    # The number
    21211: Ruling("the number isn't valid"),
    21217: Ruling("the number isn't valid"),
    21265: Ruling("the number is a short code"),
    21401: Ruling("the number isn't valid"),
    21407: Ruling("the number can't get texts"),
    21421: Ruling("the number isn't valid"),
    21612: Ruling("the number can't be reached from our sender"),
    21614: Ruling("the number can't get texts"),
    21635: Ruling("the number is a landline"),
    30003: Ruling("the phone can't be reached: it may be off"),
    30004: Ruling("the phone or its carrier blocks our texts"),
    30005: Ruling("the number isn't in use"),
    30006: Ruling("the number is a landline, or its carrier can't be reached"),
    # Passing: by the time that we hear of it the message is spent, so it isn't sent again; email takes over where it may.
    21611: Ruling("too many texts wait in Twilio's queue", Verdict.REFUSED_FOR_NOW),
    30001: Ruling("too many texts wait in Twilio's queue"),
    30008: Ruling("the carrier doesn't say why"),
    30009: Ruling("a part of it was lost on the way"),
    30017: Ruling("the carrier's network is congested"),
    30036: Ruling("it wasn't delivered while it was of use"),
    30410: Ruling("the carrier didn't answer in time"),
    # Ours to mend: the account
    20003: Ruling("Twilio turns our account away", Verdict.REFUSED_FOR_NOW, _ACCOUNT),
    20005: Ruling("our Twilio account isn't active", Verdict.REFUSED_FOR_NOW, _ACCOUNT),
    30002: Ruling("our Twilio account is suspended", Verdict.REFUSED_FOR_NOW, _ACCOUNT),
    21608: Ruling(
        "a trial account sends to verified numbers only", remedy="Upgrade the Twilio account: a trial account can't text patients."
    ),
    21408: Ruling(
        "texts to the number's country aren't enabled", remedy="In the Twilio console, under Geo permissions, allow that country."
    ),
    30450: Ruling(
        "Twilio takes texts to the number's country for fraud", remedy="In the Twilio console, see what SMS pumping protection blocks."
    ),
    # Ours to mend: the sender
    21212: Ruling("our sender isn't valid", Verdict.REFUSED_FOR_NOW, _SENDER),
    21601: Ruling("our sender can't send texts", Verdict.REFUSED_FOR_NOW, _SENDER),
    21603: Ruling("no sender is set", Verdict.REFUSED_FOR_NOW, _SENDER),
    21606: Ruling("our sender can't send texts", Verdict.REFUSED_FOR_NOW, _SENDER),
    21659: Ruling("our sender isn't a number of Twilio's", Verdict.REFUSED_FOR_NOW, _SENDER),
    21660: Ruling("our sender belongs to another account", Verdict.REFUSED_FOR_NOW, _SENDER),
    21661: Ruling("our sender can't send texts", Verdict.REFUSED_FOR_NOW, _SENDER),
    21701: Ruling("the messaging service doesn't exist", Verdict.REFUSED_FOR_NOW, _SENDER),
    21702: Ruling("the messaging service isn't valid", Verdict.REFUSED_FOR_NOW, _SENDER),
    21703: Ruling("the messaging service has no number to send from", Verdict.REFUSED_FOR_NOW, _SENDER),
    21704: Ruling("the messaging service has no numbers", Verdict.REFUSED_FOR_NOW, _SENDER),
    21705: Ruling("the messaging service isn't valid", Verdict.REFUSED_FOR_NOW, _SENDER),
    30018: Ruling("the number's carrier wants our sender registered", remedy=_CAMPAIGN),
    30024: Ruling("our sender isn't set up at the carriers yet", remedy=_CAMPAIGN),
    30032: Ruling("our toll-free number isn't verified", remedy=_CAMPAIGN),
    30033: Ruling("our sender's campaign is suspended", remedy=_CAMPAIGN),
    30034: Ruling("our sender's campaign isn't registered", remedy=_CAMPAIGN),
    30035: Ruling("our sender is still being set up at the carriers", remedy=_CAMPAIGN),
    # Ours to mend: what we write, and how much
    21617: Ruling("the text is too long for Twilio", remedy="Shorten the protocol's texts: Twilio takes 1,600 characters."),
    30007: Ruling("carriers filter our texts", remedy=_CONTENT),
    30022: Ruling("our sender texts faster than carriers allow", remedy=_VOLUME),
    30023: Ruling("our sender's texts for the day are used up", remedy=_VOLUME),
    30027: Ruling("our sender's texts for the day are used up at one carrier", remedy=_VOLUME),
}

CLOCKS_DIFFER = timedelta(minutes=2)  # ours from Twilio's, at most; doses in the same words are hours apart
MOST_LISTED = 50  # newest first
LONGEST_VALIDITY_SECONDS = 36_000  # of Twilio's own queue
CODE = re.compile(r"[0-9]{1,9}")
SID = re.compile(r"[A-Za-z0-9]{1,64}")
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

    async def wait(self, *, is_urgent: bool) -> None:
        await self._rate.wait(is_urgent=is_urgent)

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
        except (TwilioRestException, TwilioServiceException) as error:
            raise _refused(error) from error
        except aiohttp.ClientConnectorError as error:
            raise TransportError(Verdict.REFUSED_FOR_NOW, "unreachable", "Twilio can't be reached") from error
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TransportError(Verdict.UNCERTAIN, type(error).__name__, "Twilio didn't answer") from error
        if not _is_sid(sent.sid):
            raise TransportError(Verdict.UNCERTAIN, "no sid", "Twilio's answer names no message")
        return str(sent.sid)

    async def find(self, message: Any) -> list[str] | None:
        """The texts to the number with the same words. Redaction leaves no words to compare: then number and time decide.

        With so many to one number that the list may end before it, nobody knows.
        """
        since = message.sought_since.astimezone(UTC) - CLOCKS_DIFFER
        try:
            listed = await self._client.messages.list_async(to=message.address, limit=MOST_LISTED)
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        found = [text.sid for text in listed if _is_sid(text.sid) and text.body in (message.body, "", None) and _made_at(text) >= since]
        goes_on = len(listed) == MOST_LISTED and _made_at(listed[-1]) >= since
        return None if goes_on and not found else found

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        try:
            text = await self._client.messages(message.provider_id).fetch_async()
        except (TwilioRestException, TwilioServiceException) as error:
            return ("", "") if error.status == 404 else None  # an answer too: it knows of no such message
        except (TwilioException, aiohttp.ClientError, TimeoutError, OSError):
            return None
        return str(text.status or "")[:40], str(text.error_code or "")[:40]


def _basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def _is_sid(sid: Any) -> bool:
    return isinstance(sid, str) and SID.fullmatch(sid) is not None


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


def read(status: str, code: str) -> News:
    """What Twilio says of a message, in our terms. `code` is its error code, or empty."""
    heard = STATUSES.get(status)
    if heard is not MessageStatus.UNDELIVERED:
        return News(heard)
    ruling = _ruling(code)
    words = _explanation(ruling.words if ruling else "it wasn't delivered", code)
    return News(heard, code, words, opted_out=ruling is not None and ruling.verdict is Verdict.OPTED_OUT, alarm=bool(remedy(code)))


def remedy(code: str) -> str:
    """What an operator must do about a code; empty where there is nothing."""
    ruling = _ruling(code)
    if ruling is None and code.removeprefix("20") in map(str, TURNED_AWAY):
        return _ACCOUNT
    return ruling.remedy if ruling else ""


def _refused(error: TwilioRestException | TwilioServiceException) -> TransportError:
    """By HTTP status first, then by code. The SDK's own text can hold the number, so it goes no further; nor does a code that is none."""
    code = str(error.code)
    code = code if CODE.fullmatch(code) else str(error.status)
    ruling = _ruling(code)
    if error.status >= 500 or error.status == 408:
        return TransportError(Verdict.UNCERTAIN, code, _explanation("Twilio has a fault of its own", code))
    if error.status in TURNED_AWAY:
        return TransportError(Verdict.REFUSED_FOR_NOW, code, _explanation("Twilio turns our account away", code), alarm=True)
    if error.status == 429:
        too_many = "Twilio takes no more texts from us just now"
        return TransportError(Verdict.REFUSED_FOR_NOW, code, _explanation(too_many, code), is_too_many=True)
    if error.status < 400:
        return TransportError(Verdict.REFUSED_FOR_NOW, code, _explanation("Twilio gave no answer of use", code))
    if ruling is None:
        return TransportError(Verdict.REFUSED_FOR_GOOD, code, _explanation("Twilio refused it", code))
    return TransportError(ruling.verdict, code, _explanation(ruling.words, code), alarm=bool(ruling.remedy))


def _ruling(code: str) -> Ruling | None:
    return RULINGS.get(int(code)) if CODE.fullmatch(code) else None


def _explanation(words: str, code: str) -> str:
    return f"{words} (Twilio's error {code})" if code else words
