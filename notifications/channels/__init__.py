"""The ways out. A channel is a file here with a `Channel` class; to add one, copy a file and name it in settings.CHANNELS."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from django.conf import settings

from notifications.domain import polling
from notifications.domain.states import Verdict
from notifications.errors import TransportError

logger = logging.getLogger(__name__)


class Transport(Protocol):
    confirms: ClassVar[bool]  # the provider tells later what became of a message

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc_info: object) -> None: ...

    async def send(self, message: Any) -> str:
        """Hand the message over and return the provider's id. Raises TransportError."""

    async def find(self, message: Any) -> str | None:
        """The provider's id of a message that may have been handed over, "" if it has none, None if it can't be asked now."""

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        """The provider's status and error code of a message that it took, None if it can't be asked now."""


class Outcome(NamedTuple):
    verdict: Verdict
    provider_id: str = ""
    code: str = ""
    explanation: str = ""
    alarm: bool = False


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
                return Outcome(error.verdict, code=error.code, explanation=str(error), alarm=error.alarm)
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


async def fetch_batch(messages: Sequence[Any]) -> list[tuple[str, str] | None]:
    """Ask the providers what became of each message, in the same order. One that can't be asked harms no other."""

    async def fetch(message: Any) -> tuple[str, str] | None:
        transport = transports[message.channel]
        try:
            return await transport.fetch(message) if transport else None
        except Exception as error:
            logger.error("Message %s can't be asked after: %s", message.pk, type(error).__name__)
            return None

    async with AsyncExitStack() as stack:
        transports = await _open(stack, messages)
        return list(await asyncio.gather(*(fetch(message) for message in messages)))


def first_poll_at(channel: str, accepted_at: datetime) -> datetime | None:
    """When to ask for the first time what became of a message; None where the provider never tells."""
    return polling.first_poll_at(accepted_at) if _module(channel).Channel.confirms else None


async def _open(stack: AsyncExitStack, messages: Iterable[Any]) -> dict[str, Transport | None]:
    """A transport for each channel that the messages need; None for one that can't be opened, so that the others go all the same."""
    transports: dict[str, Transport | None] = {}
    for channel in {message.channel for message in messages}:
        try:
            transports[channel] = await stack.enter_async_context(_module(channel).Channel())
        except Exception as error:
            logger.error("The channel “%s” can't be opened: %s", channel, type(error).__name__)
            transports[channel] = None
    return transports


def _module(channel: str) -> Any:
    return import_module(f"notifications.channels.{settings.CHANNELS[channel]}")
