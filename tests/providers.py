"""The other ends of the wires, on loopback: what answers as Twilio's API does, and a mail server."""

import json
import socket
import struct
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

Form = dict[str, str]


@dataclass
class Answer:
    """What the server does with a request to send. `takes` says whether the message is on its way all the same."""

    status: int = 201
    code: int | None = None
    takes: bool | None = None  # by default, those answered with 201
    hangs_up: bool = False  # without any answer
    after_seconds: float = 0


@dataclass
class TwilioServer:
    """Set `answer` to decide, from the form, what becomes of a request; read `sent` and `looked_up` afterwards."""

    answer: Callable[[Form], Answer] = lambda form: Answer()
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    account_sid: str = "AC" + "0" * 32
    auth_token: str = "a-token-for-tests"
    requests: list[Form] = field(default_factory=list)  # every request to send
    sent: list[Form] = field(default_factory=list)  # those that the provider took
    looked_up: list[Form] = field(default_factory=list)
    hides: Callable[[Form], bool] = lambda form: False  # not in the message list yet
    standing: dict[str, tuple[str, int | None]] = field(default_factory=dict)  # sid → status and error code, when it is asked after
    asking: Answer = field(default_factory=Answer)  # what a question after one text is met with
    asked: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": self}))
        self.server.daemon_threads = True
        self.server.handle_error = lambda *args: None  # a client that gave up, or was hung up on
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def texts_to(self, number: str) -> list[str]:
        return [form["Body"] for form in self.sent if form["To"] == number]

    def take(self, form: Form) -> Form:
        taken = form | {
            "sid": f"SM{len(self.sent):032x}",
            "date_created": format_datetime(self.now().astimezone(UTC).replace(microsecond=0)),
        }
        self.sent.append(taken)
        return taken


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: TwilioServer

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode(), keep_blank_values=True))
        provider = self.provider
        if not self._is_ours():
            return self._reply(401, {"code": 20003, "message": "Authenticate", "status": 401})
        answer = provider.answer(form)
        with provider.lock:
            provider.requests.append(form)
            taken = provider.take(form) if (answer.takes if answer.takes is not None else answer.status == 201) else None
        time.sleep(answer.after_seconds)
        if answer.hangs_up:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return None
        if answer.status == 201:
            return self._reply(201, _resource(taken or {"sid": "SM0", "To": form["To"], "Body": form["Body"], "date_created": None}))
        # Twilio repeats the number in its errors' texts.
        return self._reply(answer.status, {"code": answer.code, "message": f"The 'To' number {form['To']} failed", "status": answer.status})

    def do_GET(self) -> None:
        if not urlsplit(self.path).path.endswith("/Messages.json"):
            return self._tell_of_one()
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        provider = self.provider
        with provider.lock:
            provider.looked_up.append(query)
            found = [form for form in reversed(provider.sent) if form["To"] == query.get("To") and not provider.hides(form)][
                : int(query.get("PageSize", 50))
            ]
        return self._reply(200, {"messages": [_resource(form) for form in found], "next_page_uri": None, "page": 0, "page_size": 50})

    def _tell_of_one(self) -> None:
        provider = self.provider
        sid = urlsplit(self.path).path.rpartition("/")[2].removesuffix(".json")
        with provider.lock:
            provider.asked.append(sid)
            form = next((form for form in provider.sent if form["sid"] == sid), None)
        time.sleep(provider.asking.after_seconds)
        if provider.asking.status != 201 or form is None:
            status = provider.asking.status if provider.asking.status != 201 else 404
            return self._reply(status, {"code": provider.asking.code, "message": "No such text", "status": status})
        status, code = provider.standing.get(sid, ("queued", None))
        return self._reply(200, _resource(form) | {"status": status, "error_code": code})

    def _is_ours(self) -> bool:
        sid_and_token = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        path = f"/2010-04-01/Accounts/{self.provider.account_sid}/Messages.json"
        return sid_and_token == f"{self.provider.account_sid}:{self.provider.auth_token}" and urlsplit(self.path).path == path

    def _reply(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """A test's output is its own."""


def _resource(form: Form) -> dict[str, Any]:
    return {
        "sid": form["sid"],
        "to": form["To"],
        "body": form["Body"],
        "status": "queued",
        "date_created": form["date_created"],
        "date_sent": None,
    }


@dataclass
class MailServer:
    """Set `reply` to answer a recipient otherwise, or `answers` to answer a step; read `mails` afterwards."""

    mails: list[EmailMessage] = field(default_factory=list)
    reply: Callable[[str], str] = lambda recipient: "250 OK"
    answers: dict[str, str] = field(default_factory=dict)  # AUTH, MAIL, RCPT or DATA, which it has by then → its answer; "" hangs up

    def __enter__(self) -> Self:
        self.controller = Controller(
            self, hostname="127.0.0.1", port=_free_port(), authenticator=self._let_in, auth_required=False, auth_require_tls=False
        )
        self.controller.start()
        self.port = self.controller.port
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.controller.stop()

    def _let_in(self, *args: Any) -> AuthResult:
        return AuthResult(success="AUTH" not in self.answers, handled=False, message=self.answers.get("AUTH"))

    def _answer(self, step: str, server: Any) -> str:
        answer = self.answers.get(step, "250 OK")
        if not answer:
            server.transport.abort()
        return answer

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self._answer("MAIL", server)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        reply = self._answer("RCPT", server) if "RCPT" in self.answers else self.reply(address)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        mail["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.mails.append(mail)
        return self._answer("DATA", server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
