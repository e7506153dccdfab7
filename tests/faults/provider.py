"""A provider on loopback that answers as Twilio's API does, and misbehaves in every way that is known of the real one."""

import asyncio
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from threading import Event as Flag
from threading import Thread
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from twilio.request_validator import RequestValidator

from tests.faults.log import Log

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "a-token-for-tests"
AUTHORIZATION = f"Basic {b64encode(f'{ACCOUNT_SID}:{AUTH_TOKEN}'.encode()).decode()}"
RECEIPTS_AT_ONCE = 8


@dataclass
class Manners:
    """Seconds, and chances from 0 to 1; the chances of bad answers add up, the rest is answered well."""

    latency: tuple[float, float] = (0.02, 0.15)
    throttles: float = 0  # 429: not taken
    fails_before: float = 0  # 500: not taken
    fails_after: float = 0  # 500, and on its way all the same
    drops_before: float = 0  # the connection, without an answer
    drops_after: float = 0
    hangs_after: float = 0  # taken, and no answer before any time-out
    hangs_seconds: float = 4
    lists_late: float = 0  # of those taken: not on the message list yet
    late_seconds: float = 1.2
    receipts: bool = False
    repeats: float = 0  # receipts
    disorders: float = 0

    def choose(self, chance: float) -> str:
        for what in ("throttles", "fails_before", "fails_after", "drops_before", "drops_after", "hangs_after"):
            chance -= getattr(self, what)
            if chance < 0:
                return what
        return "answers"


BAD_MANNERS = Manners(
    throttles=0.03, fails_before=0.02, fails_after=0.02, drops_before=0.02, drops_after=0.02, hangs_after=0.01, lists_late=0.2
)  # fmt: skip


@dataclass
class Text:
    sid: str
    form: dict[str, str]
    made_at: datetime
    listed_from: datetime
    status: str = "queued"

    def resource(self) -> dict[str, Any]:
        return {
            "sid": self.sid,
            "to": self.form["To"],
            "body": self.form["Body"],
            "status": self.status,
            "error_code": None,
            "date_created": format_datetime(self.made_at.replace(microsecond=0)),
            "date_sent": None,
        }


@dataclass
class Provider:
    seed: str
    log: Log
    manners: Manners = field(default_factory=Manners)
    poisons: dict[str, Callable[[], web.Response]] = field(default_factory=dict)  # by number: answers that nobody can digest
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    texts: dict[str, Text] = field(default_factory=dict)
    by_number: dict[str, list[Text]] = field(default_factory=lambda: defaultdict(list))
    is_holding: bool = False  # it takes them, and answers later
    is_down: bool = False  # it takes nothing, and knows nothing
    slowest: float = 0  # seconds that it was behind itself, on a machine that has much else to do
    in_flight: dict[int, str] = field(default_factory=dict)  # the client's port → the text

    def __enter__(self) -> Self:
        self._ready, self._tries, self._due = Flag(), defaultdict[str, int](int), set[asyncio.Task[None]]()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._receipt_places = asyncio.Semaphore(RECEIPTS_AT_ONCE)
        app = web.Application()
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages"
        app.add_routes([web.post(f"{path}.json", self._post), web.get(f"{path}.json", self._list)])
        app.add_routes([web.get(f"{path}/{{sid}}.json", self._get)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with ClientSession(timeout=ClientTimeout(total=15)) as self._client:
            self._keep(self._feel_the_pulse())
            self._ready.set()
            await self._end.wait()
            for task in self._due:
                task.cancel()
        await runner.cleanup()

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._due.add(task)
        task.add_done_callback(self._due.discard)

    async def _feel_the_pulse(self) -> None:
        while True:
            due = time.monotonic() + 0.05
            await asyncio.sleep(0.05)
            self.slowest = max(self.slowest, time.monotonic() - due)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if request.headers.get("Authorization") != AUTHORIZATION:
            return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)
        number, body = form["To"], form["Body"]
        if self.is_down:
            return self._down(Random(f"{self.seed}-{body}-{self.now():%H%M%S}").random())
        self.log.write("request", number, body)
        port = request.transport.get_extra_info("peername")[1] if request.transport else 0
        self.in_flight[port] = body
        try:
            return await self._answer(request, form)
        finally:
            self.in_flight.pop(port, None)

    async def _answer(self, request: web.Request, form: dict[str, str]) -> web.StreamResponse:
        number, body = form["To"], form["Body"]
        if number in self.poisons:
            self.log.write("poison", number, body)
            return self.poisons[number]()
        self._tries[body] += 1
        chance = Random(f"{self.seed}-{body}-{self._tries[body]}")
        what, latency = self.manners.choose(chance.random()), chance.uniform(*self.manners.latency)
        await asyncio.sleep(latency / 2)
        if what in ("throttles", "fails_before", "drops_before"):
            self.log.write(what, number, body)
            return self._turn_away(request, what, number)
        text = self._take(form, chance)
        await asyncio.sleep(latency / 2)
        while self.is_holding:
            await asyncio.sleep(0.01)
        if what != "answers":
            self.log.write(what, number, body, text.sid)
        if what == "hangs_after":
            await asyncio.sleep(self.manners.hangs_seconds)
        if what in ("fails_after", "drops_after"):
            return self._turn_away(request, what, number)
        return web.json_response(text.resource(), status=201)

    def _down(self, chance: float) -> web.Response:
        """As a gateway answers whose service is away: too many wait, or nobody knows what became of it."""
        status, code = (429, 20429) if chance < 0.3 else (503, 20503)
        return web.json_response({"code": code, "message": "Service unavailable", "status": status}, status=status)

    def _turn_away(self, request: web.Request, what: str, number: str) -> web.Response:
        if what.startswith("drops") and request.transport:
            request.transport.abort()
        status, code = (429, 20429) if what == "throttles" else (500, 20500)
        # Twilio repeats the number in its errors' texts.
        return web.json_response({"code": code, "message": f"The 'To' number {number} failed", "status": status}, status=status)

    def take(self, form: dict[str, str], made_at: datetime, listed_from: datetime | None = None) -> Text:
        text = Text(f"SM{len(self.texts):032x}", form, made_at, listed_from or made_at)
        self.texts[text.sid] = text
        self.by_number[form["To"]].append(text)
        self.log.write("taken", form["To"], form["Body"], text.sid, at=made_at)
        return text

    def _take(self, form: dict[str, str], chance: Random) -> Text:
        now = self.now()
        late = self.manners.late_seconds if chance.random() < self.manners.lists_late else 0
        text = self.take(form, now, now + timedelta(seconds=late))
        if self.manners.receipts and form.get("StatusCallback"):
            self._keep(self._tell(text, chance))
        return text

    async def _list(self, request: web.Request) -> web.Response:
        number, now = request.query.get("To", ""), self.now()
        if self.is_down:
            return self._down(1)
        self.log.write("look-up", number)
        await asyncio.sleep(0.005)
        found = [text.resource() for text in reversed(self.by_number[number]) if text.listed_from <= now]
        return web.json_response({"messages": found[:50], "next_page_uri": None, "page": 0, "page_size": 50})

    async def _get(self, request: web.Request) -> web.Response:
        if self.is_down:
            return self._down(1)
        text = self.texts.get(request.match_info["sid"])
        if text is None:
            return web.json_response({"code": 20404, "message": "Not found", "status": 404}, status=404)
        self.log.write("poll", text.form["To"], text.form["Body"], text.sid)
        return web.json_response(text.resource())

    async def _tell(self, text: Text, chance: Random) -> None:
        """The receipts of one text; Twilio gives them no time and no order."""
        statuses = ["queued", "sent", "delivered"]
        if chance.random() < self.manners.disorders:
            self.log.write("disorder", text.form["To"], text.form["Body"], text.sid)
            chance.shuffle(statuses)
            while statuses == ["queued", "sent", "delivered"]:
                chance.shuffle(statuses)
        if chance.random() < self.manners.repeats:
            self.log.write("repeat", text.form["To"], text.form["Body"], text.sid)
            statuses.append(chance.choice(statuses))
        for status in statuses:
            await asyncio.sleep(chance.uniform(0, 0.2))
            if status == "delivered":
                text.status = status
            await self._deliver(text, status)

    async def _deliver(self, text: Text, status: str) -> None:
        url, _, wish = text.form["StatusCallback"].partition("#")
        retries = int(dict(parse_qsl(wish)).get("rc", 1))
        form = {
            "AccountSid": ACCOUNT_SID,
            "ApiVersion": "2010-04-01",
            "MessageSid": text.sid,
            "MessageStatus": status,
            "SmsSid": text.sid,
            "SmsStatus": status,
            "To": text.form["To"],
            "From": text.form.get("From", ""),
        }
        headers = {"X-Twilio-Signature": RequestValidator(AUTH_TOKEN).compute_signature(url, form)}
        for _ in range(1 + retries):
            try:
                async with self._receipt_places, self._client.post(url, data=form, headers=headers) as answer:
                    self.log.write("receipt", text.form["To"], text.form["Body"], text.sid, f"{status}: {answer.status}")
                    return
            except (ClientError, TimeoutError, OSError) as error:
                self.log.write("receipt", text.form["To"], text.form["Body"], text.sid, f"{status}: {type(error).__name__}")
                await asyncio.sleep(0.2)


def no_number() -> web.Response:
    return web.json_response({"code": 21604, "message": "A 'To' phone number is required.", "status": 400}, status=400)


def nonsense() -> web.Response:
    """201, and not the JSON that was promised."""
    return web.Response(text="<html>Bad gateway</html>", status=201, content_type="application/json")


def no_sid() -> web.Response:
    return web.json_response({"sid": None}, status=201)


def no_words() -> web.Response:
    return web.Response(status=400)
