"""Email over Django's mail, as plain text with an HTML part.

| what the mail server says                                 | what we do                              |
| --------------------------------------------------------- | --------------------------------------- |
| no connection, 4xx; silence before it gets the email      | refused for now: try again              |
| 5xx to our name, our password or our sender's address     | refused for now, and an alarm           |
| no TLS or sign-in as asked for, a certificate not trusted | refused for now, and an alarm           |
| that it passes on no emails of ours                       | refused for now, and an alarm           |
| other 5xx, recipient refused                              | refused for good                        |
| nothing: no email can be made of it                       | refused for good                        |
| anything else: time-out, dropped, an answer that is none  | uncertain; resent once, same Message-ID |

An answering machine leaves alone what says that a program sent it (RFC 3834). Mail programs show a button beside the sender for
`unsubscribe_url`, and one press of it is a POST there (RFC 8058).

EMAIL_TIMEOUT is how long one read may take. A server that keeps dripping letters would hold a worker for ever: the whole has an end too.
"""

import asyncio
import re
import smtplib
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formataddr, parseaddr
from threading import Event
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.domain.states import Verdict
from notifications.errors import TransportError

READS = 3  # so many may take their longest
TOO_LARGE = 552  # the one thing that a mail server says of the email itself where it is told of the sender

_ACCOUNT = (
    "See that EMAIL_URL has the name and the password that the mail server wants, and that it lets them send from the address in "
    "DEFAULT_FROM_EMAIL; then start web, worker and beat again. Until then emails wait."
)
# Of a recipient, and true of every one: mail servers say it in one of these ways (RFC 3463, X.7; or without a code of that kind).
RELAYS_NOTHING = re.compile(rb"^5\.7\.|\brelay", re.IGNORECASE)
# What isn't set up: a code of our own → what is wrong, and what an operator must do about it.
SET_UP = {
    "certificate": (
        "the mail server's certificate can't be trusted",
        "See that the certificate hasn't expired, and that EMAIL_URL calls the mail server by the name in it. Until then emails wait.",
    ),
    "unsupported": (
        "the mail server doesn't do what EMAIL_URL asks for",
        "It offers no TLS, or no sign-in. See which port and which kind of TLS it wants, and write EMAIL_URL so. Until then emails wait.",
    ),
    "relay": (
        "the mail server doesn't pass our emails on",
        "It takes emails for its own mailboxes only, or none from this machine. See that EMAIL_URL is the server that sends the clinic's "
        "emails, with the name and the password that it wants; then start web, worker and beat again. Until then emails wait.",
    ),
}


class Channel:
    confirms = False

    async def __aenter__(self) -> Self:
        # The stock pool has a thread or two a core: a batch to a slow server would outlast its lease.
        self._threads = ThreadPoolExecutor(settings.DISPATCH_IN_FLIGHT, thread_name_prefix="email")
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._threads.shutdown(wait=False)

    async def send(self, message: Any) -> str:
        most = READS * settings.EMAIL_TIMEOUT
        try:
            async with asyncio.timeout(most):
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._send, message, time.monotonic() + most)
        except TimeoutError as error:
            raise TransportError(Verdict.UNCERTAIN, "TimeoutError", "the mail server didn't come to an end") from error

    async def wait(self, *, is_urgent: bool) -> None:
        pass

    async def find(self, message: Any) -> list[str] | None:
        return []  # a mail server can't be asked: the same Message-ID lets mailboxes drop the second copy

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        return None

    def _send(self, message: Any, over_at: float) -> str:
        our_name, our_address = parseaddr(settings.DEFAULT_FROM_EMAIL)
        message_id = f"<message-{message.message_id}@{our_address.rpartition('@')[2]}>"
        server = get_connection()
        try:
            server.open()
        except smtplib.SMTPAuthenticationError as error:
            raise _account_refused(error.smtp_code) from error
        except (ssl.SSLCertVerificationError, smtplib.SMTPNotSupportedError) as error:
            raise _not_set_up("certificate" if isinstance(error, ssl.SSLCertVerificationError) else "unsupported") from error
        except (OSError, smtplib.SMTPException) as error:  # a name that isn't found, a server that hangs up: nothing has left
            raise TransportError(Verdict.REFUSED_FOR_NOW, "unreachable", "the mail server can't be reached") from error
        if time.monotonic() >= over_at:  # nobody waits for this any more
            server.close()
            raise TransportError(Verdict.REFUSED_FOR_NOW, "unreachable", "the mail server can't be reached")
        email = EmailMultiAlternatives(
            message.subject,
            message.body,
            formataddr((message.from_name or our_name, our_address), "utf-8"),
            [message.address],
            headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **_ways_out(message.unsubscribe_url)},
            connection=server,
        )
        if message.html:
            email.attach_alternative(message.html, "text/html")
        handed_over = note_handing_over(server)
        try:
            sent = email.send()
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise (_not_set_up("relay") if code >= 500 and RELAYS_NOTHING.search(said) else _refused(code)) from error
        except (smtplib.SMTPSenderRefused, smtplib.SMTPHeloError) as error:
            raise (_refused if error.smtp_code == TOO_LARGE else _account_refused)(error.smtp_code) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, is_handed_over=handed_over.is_set()) from error
        except ValueError as error:  # such as a subject of two lines: it doesn't get as far as the server, now or later
            raise TransportError(Verdict.REFUSED_FOR_GOOD, type(error).__name__, "no email can be made of it") from error
        except (OSError, smtplib.SMTPException) as error:
            verdict = Verdict.UNCERTAIN if handed_over.is_set() else Verdict.REFUSED_FOR_NOW
            raise TransportError(verdict, type(error).__name__, "the mail server didn't answer") from error
        finally:
            server.close()
        if not sent:
            raise TransportError(Verdict.REFUSED_FOR_GOOD, "no recipient", "the email has no recipient")
        return message_id


def _ways_out(url: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url else {}


def _refused(code: int, *, is_handed_over: bool = False) -> TransportError:
    """Of an email that the server has, an answer that is no refusal says nothing: it may be on its way."""
    if is_handed_over and not 400 <= code < 600:
        return TransportError(Verdict.UNCERTAIN, str(code), f"the mail server's answer can't be read ({code})")
    verdict = Verdict.REFUSED_FOR_GOOD if code >= 500 else Verdict.REFUSED_FOR_NOW
    return TransportError(verdict, str(code), f"the mail server refused it ({code})")


def _account_refused(code: int) -> TransportError:
    """It would hit every email alike, so that none is given up for it."""
    if code < 500:
        return _refused(code)
    return TransportError(Verdict.REFUSED_FOR_NOW, str(code), f"the mail server takes no emails from us ({code})", alarm=True)


def _not_set_up(lacks: str) -> TransportError:
    return TransportError(Verdict.REFUSED_FOR_NOW, lacks, SET_UP[lacks][0], alarm=True)


def note_handing_over(server: Any) -> Event:
    """Set once the email itself goes to the open mail server. One that falls silent before that has certainly not taken it."""
    begun = Event()
    connection = getattr(server, "connection", None)
    if not isinstance(connection, smtplib.SMTP):
        begun.set()  # another way of Django's: nobody knows
        return begun
    hand_over = connection.data

    def noted(msg: Any) -> tuple[int, bytes]:
        begun.set()
        return hand_over(msg)

    connection.data = noted  # type: ignore[method-assign]
    return begun


def remedy(code: str) -> str:
    """What an operator must do about a code."""
    if code in SET_UP:
        return SET_UP[code][1]
    return _ACCOUNT if code.startswith("5") else ""
