"""Email over Django's mail, as plain text with an HTML part.

| what the mail server says              | what we do                            |
| -------------------------------------- | ------------------------------------- |
| no connection, 4xx                     | refused for now: try again            |
| 535: our own password is turned away   | refused for now: try again            |
| 5xx, recipient refused                 | refused for good                      |
| nothing: no email can be made of it    | refused for good                      |
| anything else: time-out, dropped       | uncertain; resent once, same Message-ID |

An answering machine leaves alone what says that a program sent it (RFC 3834). Mail programs show a button beside the sender for
`unsubscribe_url`, and one press of it is a POST there (RFC 8058).

EMAIL_TIMEOUT is how long one read may take. A server that keeps dripping letters would hold a worker for ever: the whole has an end too.
"""

import asyncio
import smtplib
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formataddr, parseaddr
from typing import Any, Self

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.domain.states import Verdict
from notifications.errors import TransportError

READS = 3  # so many may take their longest


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
        except (OSError, smtplib.SMTPException) as error:  # a name that isn't found, a password turned away: nothing has left
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
        try:
            sent = email.send()
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise _refused(code) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code) from error
        except ValueError as error:  # such as a subject of two lines: it doesn't get as far as the server, now or later
            raise TransportError(Verdict.REFUSED_FOR_GOOD, type(error).__name__, "no email can be made of it") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TransportError(Verdict.UNCERTAIN, type(error).__name__, "the mail server didn't answer") from error
        finally:
            server.close()
        if not sent:
            raise TransportError(Verdict.REFUSED_FOR_GOOD, "no recipient", "the email has no recipient")
        return message_id


def _ways_out(url: str) -> dict[str, str]:
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url else {}


def _refused(code: int) -> TransportError:
    is_ours_to_mend = code in (530, 535)  # our password is turned away: not the message's fault
    verdict = Verdict.REFUSED_FOR_GOOD if code >= 500 and not is_ours_to_mend else Verdict.REFUSED_FOR_NOW
    return TransportError(verdict, str(code), f"the mail server refused it ({code})", alarm=is_ours_to_mend)
