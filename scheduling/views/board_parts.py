"""What the board's templates print: rows of a quarter of an hour, counted from 1, instead of minutes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Area:
    """A stretch of a column, in rows of the grid counted from 1."""

    row: int
    rows: int
    text: str = ""
    kind: str = ""


# A full board prints hundreds of the following two, so each has its words and classes ready: templates are slow at putting them together.


@dataclass(frozen=True, slots=True)
class Slot:
    """A free quarter of an hour. Under a finger two of them are one, from the full or the half hour."""

    row: int
    classes: str
    clock: str
    url: str
    label: str

    is_slot = True


@dataclass(frozen=True, slots=True)
class Card:
    """An appointment as the board shows it."""

    row: int
    classes: str
    pk: str
    clock: str
    patient: str
    detail: str
    title: str
    state: str
    marks: tuple[str, ...]  # names of icons
    url: str
    move_url: str  # "" where it can't be moved
    practitioner: str
    room: str
    seen: str  # where it is, for a move to be refused once it is elsewhere

    is_slot = False


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    note: str
    label: str
    url: str
    is_today: bool
    practitioner: str
    room: str
    day: str
    shades: list[Area]
    tails: list[Area]
    items: list[Slot | Card]


@dataclass(frozen=True, slots=True)
class Chip:
    """A day of one practitioner or room in the week of all."""

    cards: list[Card]
    note: str
    shade: str
    book_url: str
    book_label: str
    is_today: bool
