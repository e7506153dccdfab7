"""What the board consists of: a cell for each column and day, with its hours, what blocks them, what is booked and what is free."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from scheduling.domain.states import Status
from scheduling.domain.wall import Span
from scheduling.models import Location

CLOSED, AWAY, ELSEWHERE = "closed", "away", "elsewhere"  # the kinds of blocks


class By(StrEnum):
    PRACTITIONER = "practitioner"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Resource:
    """Who, or which room, a column is about."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An appointment on one day. `span` is the session, `until` the minute to which the room stays taken."""

    pk: int
    patient: str
    treatment: str
    practitioner: Resource
    room: Resource
    starts_at: datetime  # on the location's clock
    ends_at: datetime
    status: Status
    is_confirmed: bool
    asked_to_move: bool
    is_late: bool
    span: Span
    until: int


@dataclass(frozen=True, slots=True)
class Block:
    """Time that nobody can be booked into, and why."""

    span: Span
    reason: str
    kind: str


@dataclass(slots=True)
class Cell:
    """One column's day."""

    resource: Resource
    day: date
    hours: list[Span] = field(default_factory=list)  # at work, or open
    blocks: list[Block] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    free: list[int] = field(default_factory=list)  # the start of each quarter of an hour that can be booked

    @property
    def is_idle(self) -> bool:
        """Not in on that day, and nothing to say about it."""
        return not (self.hours or self.entries or any(block.kind == AWAY for block in self.blocks))


@dataclass(frozen=True, slots=True)
class Board:
    location: Location
    days: Sequence[date]
    by: By
    resources: Sequence[Resource]
    cells: dict[tuple[int, date], Cell]
    frame: Span  # the hours that are worth showing
    closed: dict[date, str]  # days on which the location is shut, and why
    now: datetime  # on the location's clock
