"""What answers as Twilio's API does, fast, in a process of its own: `python -m tests.bench.provider SECONDS` prints its port.

Each answer waits SECONDS, however many are waiting. GET /counts tells what came; POST /forget empties its memory.
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from urllib.parse import parse_qs

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a-token-for-benches"
FROM_NUMBER = "+12125550199"
PATH = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"

HEAD = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

# As long as Twilio's own answer, with the fields that the SDK reads.
RESOURCE = {
    "account_sid": ACCOUNT_SID,
    "api_version": "2010-04-01",
    "body": "Maple Street Clinic: this is a text.",
    "date_created": format_datetime(datetime.now(UTC)),
    "date_sent": None,
    "date_updated": format_datetime(datetime.now(UTC)),
    "direction": "outbound-api",
    "error_code": None,
    "error_message": None,
    "from": "+12125550199",
    "messaging_service_sid": None,
    "num_media": "0",
    "num_segments": "1",
    "price": None,
    "price_unit": "USD",
    "sid": "@",
    "status": "queued",
    "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/@/Media.json"},
    "to": "+12125550100",
    "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/@.json",
}
TEMPLATE = json.dumps(RESOURCE).encode()

taken: list[tuple[float, bytes]] = []  # when, and the form


class Provider(asyncio.Protocol):
    def __init__(self, latency: float) -> None:
        self.latency, self.waiting = latency, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end]
            length = _content_length(head)
            if len(self.waiting) < end + 4 + length:
                return
            body, self.waiting = self.waiting[end + 4 : end + 4 + length], self.waiting[end + 4 + length :]
            self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST /2010"):
            taken.append((time.time(), body))
            content = TEMPLATE.replace(b"@", b"SM%032x" % len(taken))
            self.loop.call_later(self.latency, self.write, HEAD % (201, b"Created", len(content)) + content)
        elif head.startswith(b"GET /counts"):
            self.reply(_counts())
        elif head.startswith(b"POST /forget"):
            taken.clear()
            self.reply({})
        else:
            self.loop.call_later(self.latency, partial(self.reply, {"messages": [], "next_page_uri": None, "page": 0, "page_size": 50}))

    def reply(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.write(HEAD % (200, b"OK", len(body)) + body)

    def write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _counts() -> dict[str, object]:
    """How many came, to how many numbers, when the first and the last did, and when each number's first one did."""
    came = [(at, parse_qs(form.decode())["To"][0]) for at, form in taken]
    first_at = {number: at for at, number in reversed(came)}
    return {
        "requests": len(came),
        "numbers": len(first_at),
        "first_at": came[0][0] if came else None,
        "last_at": came[-1][0] if came else None,
        "at": first_at,
    }


async def serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(partial(Provider, latency), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
