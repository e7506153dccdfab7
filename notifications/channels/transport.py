"""What a channel's file offers, and what a try over it comes to."""

from datetime import datetime
from importlib import import_module
from typing import Any, ClassVar, NamedTuple, Protocol, Self

from django.conf import settings

from notifications.domain import polling
from notifications.domain.receipts import News
from notifications.domain.states import Verdict


class Transport(Protocol):
    confirms: ClassVar[bool]  # the provider tells later what became of a message

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc_info: object) -> None: ...

    async def wait(self, *, is_urgent: bool) -> None:
        """Until the channel's rate lets one more leave: what is urgent, before others that wait."""

    async def send(self, message: Any) -> str:
        """Hand the message over and return the provider's id. Raises TransportError."""

    async def find(self, message: Any) -> list[str] | None:
        """The ids under which the provider may have it, made since `message.sought_since`, newest first.

        Empty if it has none, None if it can't be asked now.
        """

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        """The provider's status and error code of a message that it took, None if it can't be asked now."""


class Outcome(NamedTuple):
    verdict: Verdict
    provider_id: str = ""
    code: str = ""
    explanation: str = ""
    is_too_many: bool = False  # at a time: fewer of them are to be under way
    alarm: bool = False  # only an operator can mend it


def transport_class(channel: str) -> type[Transport]:
    found: type[Transport] = _module(channel).Channel
    return found


def read(channel: str, status: str, code: str) -> News:
    """A provider's word about a message, in our terms. Where the channel doesn't confirm, there is none."""
    return _module(channel).read(status, code) if transport_class(channel).confirms else News(None)


def remedy(channel: str, code: str) -> str:
    """What an operator must do about a provider's code; empty where the channel doesn't say."""
    says = getattr(_module(channel), "remedy", None)
    return str(says(code)) if says else ""


def first_poll_at(channel: str, accepted_at: datetime) -> datetime | None:
    """When to ask for the first time what became of a message; None where the provider never tells."""
    return polling.first_poll_at(accepted_at) if transport_class(channel).confirms else None


def _module(channel: str) -> Any:
    return import_module(f"notifications.channels.{settings.CHANNELS[channel]}")
