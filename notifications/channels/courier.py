"""Sends messages on an event loop of its own, while the caller's thread works with the database.

Nothing here touches the database, and no transaction of the caller's has to stay open while the network is awaited.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from threading import Event, Lock, Thread
from typing import Any, Self

from django.conf import settings

from notifications.channels.transport import Outcome, Transport, transport_class
from notifications.channels.window import Window
from notifications.domain.states import Verdict
from notifications.errors import TransportError

logger = logging.getLogger(__name__)

COMPANY_SECONDS = 0.1  # how long an outcome waits for others, to be written down together with them
NOT_BEGUN = Outcome(Verdict.REFUSED_FOR_NOW, code="not begun", explanation="its turn didn't come in time")

Question = Callable[[Transport, Any], Awaitable[Any]]

# What a channel's window has shrunk to, for this process's next courier.
_sizes: dict[str, float] = {}


class Courier:
    """`send` hands messages over, `take` says what became of them. Opened on the first use: an idle tick costs nothing."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._transports: dict[str, Transport | None] = {}
        self._windows: dict[str, Window] = {}
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._came_back: list[tuple[Any, Outcome]] = []
        self._lock = Lock()
        self._news = Event()
        self._wanted = 1
        self.under_way = 0  # given to `send` and not yet handed out by `take`

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._loop is None:
            return
        try:
            self._run(self._close())
        finally:  # a task's time limit may interrupt that, and the process lives on
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        for channel, window in self._windows.items():
            if window.size < window.most:
                _sizes[channel] = window.size
            else:
                _sizes.pop(channel, None)

    def send(self, messages: Sequence[Any], *, deadline: float) -> None:
        """Begin to send them. One that couldn't begin by `deadline`, on the monotonic clock, isn't sent: its lease may have run out.

        Nor is one that has become worthless while it waited, or while this process was frozen; nor one whose quiet hours have begun.
        """
        if not messages:
            return
        self.under_way += len(messages)
        self._started().call_soon_threadsafe(self._begin, messages, deadline)

    def take(self, at_most: int) -> list[tuple[Any, Outcome]]:
        """What has come back: `at_most` so many, or all that is under way, or what there is after a tenth of a second."""
        with self._lock:
            self._wanted = min(at_most, self.under_way)
            if len(self._came_back) < self._wanted:
                self._news.clear()
        self._news.wait(COMPANY_SECONDS)
        with self._lock:
            taken, self._came_back = self._came_back, []
        self.under_way -= len(taken)
        return taken

    @property
    def window(self) -> int:
        """How many may be under way at a time, by what the channels in use have answered."""
        return int(max((window.size for window in [*self._windows.values()]), default=settings.DISPATCH_IN_FLIGHT))

    def find(self, messages: Sequence[Any]) -> list[list[str] | None]:
        """For each message, in the same order: the ids under which the provider may have it, newest first; None if it can't be asked."""
        return self._ask(messages, lambda transport, message: transport.find(message))

    def fetch(self, messages: Sequence[Any]) -> list[tuple[str, str] | None]:
        """What the provider says of each message that it took: its status and error code, None if it can't be asked."""
        return self._ask(messages, lambda transport, message: transport.fetch(message))

    # --- on the loop ---

    def _begin(self, messages: Sequence[Any], deadline: float) -> None:
        for message in messages:
            task = asyncio.ensure_future(self._send(message, deadline))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, message: Any, deadline: float) -> None:
        outcome = await self._outcome(message, deadline)
        with self._lock:
            self._came_back.append((message, outcome))
            if len(self._came_back) >= self._wanted:
                self._news.set()

    async def _outcome(self, message: Any, deadline: float) -> Outcome:
        """One that goes wrong harms no other. What fails before the try itself has certainly not gone out."""
        try:
            transport = await self._transport(message.channel)
            if transport is None:
                return Outcome(Verdict.REFUSED_FOR_NOW, code="unopened", explanation="the channel can't be opened")
            over_at = min(deadline, message.begins_by)
            try:
                async with asyncio.timeout_at(over_at):  # the loop's clock is the monotonic one
                    await transport.wait(is_urgent=message.is_urgent)
            except TimeoutError:
                return NOT_BEGUN  # its turn at the rate is another's
            window = self._windows[message.channel]
            async with window.turn(is_urgent=message.is_urgent):
                if time.monotonic() >= over_at:
                    return NOT_BEGUN
                begun = window.begun
                outcome = await self._attempt(transport, message)
        except Exception as error:
            return Outcome(Verdict.REFUSED_FOR_NOW, code=type(error).__name__, explanation="the channel couldn't begin")
        if outcome.is_too_many:
            window.too_many(begun)
        elif outcome.verdict is Verdict.ACCEPTED:
            window.went_well()
        return outcome

    async def _attempt(self, transport: Transport, message: Any) -> Outcome:
        try:
            return Outcome(Verdict.ACCEPTED, await transport.send(message))
        except TransportError as error:
            return Outcome(error.verdict, code=error.code, explanation=str(error), is_too_many=error.is_too_many, alarm=error.alarm)
        except Exception as error:
            # Nobody knows how far it got. The type's name holds no patient's data, the error's text may.
            return Outcome(Verdict.UNCERTAIN, code=type(error).__name__, explanation="the channel failed in an unforeseen way")

    async def _answer(self, message: Any, question: Question) -> Any:
        """A question that goes wrong harms no other: it just has no answer."""
        try:
            transport = await self._transport(message.channel)
            if transport is None:
                return None
            async with self._windows[message.channel].turn():
                return await question(transport, message)
        except Exception as error:
            logger.error("The provider can't be asked about a message: %s", type(error).__name__)
            return None

    async def _transport(self, channel: str) -> Transport | None:
        """Opened once; None for one that can't be opened, so that the others go all the same."""
        if channel not in self._transports:
            async with self._opening:
                if channel not in self._transports:
                    self._windows[channel] = Window(settings.DISPATCH_IN_FLIGHT, _sizes.get(channel))
                    self._transports[channel] = await self._open(channel)
        return self._transports[channel]

    async def _open(self, channel: str) -> Transport | None:
        try:
            return await self._stack.enter_async_context(transport_class(channel)())
        except Exception as error:
            logger.error("The channel “%s” can't be opened: %s", channel, type(error).__name__)
            return None

    async def _answers(self, messages: Sequence[Any], question: Question) -> list[Any]:
        return await asyncio.gather(*(self._answer(message, question) for message in messages))

    async def _close(self) -> None:
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._stack.aclose()

    # --- between the threads ---

    def _ask(self, messages: Sequence[Any], question: Question) -> list[Any]:
        return self._run(self._answers(messages, question)) if messages else []

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._started()).result()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = Thread(target=self._loop.run_forever, name="courier", daemon=True)
            self._thread.start()
        return self._loop
