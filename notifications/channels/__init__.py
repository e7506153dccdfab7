"""The ways out. A channel is a file here with a `Channel` class; to add one, copy a file and name it in settings.CHANNELS."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any, NamedTuple, Protocol, Self

from django.conf import settings

from notifications.domain.states import Verdict
from notifications.errors import TransportError

logger = logging.getLogger(__name__)


class Transport(Protocol):
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc_info: object) -> None: ...

    async def send(self, message: Any) -> str:
        """Hand the message over and return the provider's id. Raises TransportError."""

    async def find(self, message: Any) -> str | None:
        """The provider's id of a message that may have been handed over, "" if it has none, None if it can't be asked now."""


class Outcome(NamedTuple):
    verdict: Verdict
    provider_id: str = ""
    code: str = ""
    explanation: str = ""


async def send_batch(batch: Sequence[Any]) -> list[Outcome]:
    """Send all, concurrently, and return an outcome for each in the same order. One that goes wrong harms no other."""
    places = asyncio.Semaphore(settings.DISPATCH_IN_FLIGHT)

    async def send(message: Any) -> Outcome:
        async with places:
            try:
                transport = transports[message.channel]
                if transport is None:
                    return Outcome(Verdict.REFUSED_FOR_NOW, code="unopened", explanation="the channel can't be opened")
                return Outcome(Verdict.ACCEPTED, await transport.send(message))
            except TransportError as error:
                return Outcome(error.verdict, code=error.code, explanation=str(error))
            except Exception as error:
                # Nobody knows how far it got. The type's name holds no patient's data, the error's text may.
                return Outcome(Verdict.UNCERTAIN, code=type(error).__name__, explanation="the channel failed in an unforeseen way")

    async with AsyncExitStack() as stack:
        transports = await _open(stack, batch)
        return list(await asyncio.gather(*(send(message) for message in batch)))


async def find_batch(messages: Sequence[Any]) -> list[str | None]:
    """Ask the providers for each message, in the same order. A look that goes wrong harms no other: it just doesn't count."""

    async def find(message: Any) -> str | None:
        transport = transports[message.channel]
        try:
            return await transport.find(message) if transport else None
        except Exception as error:
            logger.error("Message %s can't be looked for: %s", message.pk, type(error).__name__)
            return None

    async with AsyncExitStack() as stack:
        transports = await _open(stack, messages)
        return list(await asyncio.gather(*(find(message) for message in messages)))


async def _open(stack: AsyncExitStack, messages: Iterable[Any]) -> dict[str, Transport | None]:
    """A transport for each channel that the messages need; None for one that can't be opened, so that the others go all the same."""
    transports: dict[str, Transport | None] = {}
    for channel in {message.channel for message in messages}:
        try:
            module = import_module(f"notifications.channels.{settings.CHANNELS[channel]}")
            transports[channel] = await stack.enter_async_context(module.Channel())
        except Exception as error:
            logger.error("The channel “%s” can't be opened: %s", channel, type(error).__name__)
            transports[channel] = None
    return transports
