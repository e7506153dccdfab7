"""The local demo: nothing leaves the machine. What was handed over is read from the outbox by the page of the patients' phones."""

from typing import Any, Self
from uuid import uuid4


class Channel:
    confirms = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    async def send(self, message: Any) -> str:
        return f"demo-{uuid4().hex}"

    async def wait(self, *, is_urgent: bool) -> None:
        pass

    async def find(self, message: Any) -> list[str] | None:
        return []

    async def fetch(self, message: Any) -> tuple[str, str] | None:
        return None
