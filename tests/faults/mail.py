"""A mail server on loopback that breaks off as it likes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import default
from random import Random
from typing import Any

from tests.faults.log import Log
from tests.providers import MailServer


@dataclass
class BadMailServer(MailServer):
    log: Log = field(default_factory=Log)
    seed: str = ""
    breaks_off: float = 0  # of those taken: the connection, before its answer
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tries: dict[str, int] = field(default_factory=dict)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = BytesParser(policy=default).parsebytes(envelope.content)
        words = mail.get_body(("plain",))
        key = words.get_content().strip() if words else ""
        self.tries[key] = self.tries.get(key, 0) + 1
        self.log.write("taken", envelope.rcpt_tos[0], key, mail["Message-ID"], at=self.now())
        if Random(f"{self.seed}-{key}-{self.tries[key]}").random() < self.breaks_off:
            self.log.write("drops_after", envelope.rcpt_tos[0], key, mail["Message-ID"])
            server.transport.abort()
        return "250 OK"
