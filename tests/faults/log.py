"""What the provider itself saw. It is kept beside the workers, so that none of them can lose a line of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple


class Event(NamedTuple):
    """`key` is the message's text: each one in these stories is its own."""

    at: datetime
    what: str  # request, taken, or how it was answered; look-up; receipt
    address: str
    key: str = ""
    provider_id: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S.%f} {self.what:<12} {self.address} {self.provider_id[-8:]} {self.detail}"


@dataclass
class Log:
    events: list[Event] = field(default_factory=list)

    def write(self, what: str, address: str, key: str = "", provider_id: str = "", detail: str = "", at: datetime | None = None) -> None:
        self.events.append(Event(at or datetime.now(UTC), what, address, key, provider_id, detail))

    def all(self, what: str) -> Iterator[Event]:
        return (event for event in list(self.events) if event.what == what)

    def count(self, what: str) -> int:
        return sum(1 for _ in self.all(what))

    def taken(self) -> dict[str, list[Event]]:
        """By text: every time that the provider took it, which is when it goes to a patient."""
        found: dict[str, list[Event]] = defaultdict(list)
        for event in self.all("taken"):
            found[event.key].append(event)
        return found

    def about(self, key: str, address: str) -> list[Event]:
        """What concerns this text: its own lines, and the look-ups of its address."""
        return [event for event in list(self.events) if event.key == key or (not event.key and event.address == address)]
