"""For which months, whose sessions; and how numbers of one kind are added up."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

# Location and practitioner; None for what is about no session.
Cell = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """From the day `first` to before the day `end`, on the calendar of the location that each thing happened at; as it is `now`."""

    first: date
    end: date
    now: datetime
    location: int | None = None
    practitioner: int | None = None
    treatment: int | None = None

    def values(self) -> dict[str, Any]:
        """Parameters; `earliest` and `latest` are instants around the period, wherever its days begin."""
        day = timedelta(days=1)
        return {
            "first": self.first,
            "end": self.end,
            "now": self.now,
            "earliest": self.first - day,
            "latest": self.end + day,
            "location": self.location,
            "practitioner": self.practitioner,
            "treatment": self.treatment,
        }

    def where(self, session: str, treatment: str) -> str:
        """A condition that goes on: of the table or alias that has the location and the practitioner, and of the treatment's column."""
        said = {
            "location": f" AND {session}.location_id = %(location)s",
            "practitioner": f" AND {session}.practitioner_id = %(practitioner)s",
            "treatment": f" AND {treatment} = %(treatment)s",
        }
        return "".join(condition for name, condition in said.items() if getattr(self, name) is not None)


class Adds:
    """For dataclasses of numbers, and of counters, that are added up field by field."""

    def __add__(self, other: Any) -> Any:
        numbers: Any = fields(self)  # type: ignore[arg-type]
        return type(self)(*(getattr(self, one.name) + getattr(other, one.name) for one in numbers))


N = TypeVar("N", bound="Adds")


def total(rows: Iterable[N], none: N) -> N:
    for row in rows:
        none = none + row
    return none


def by_location(cells: Mapping[Cell, N], none: N) -> dict[int | None, N]:
    return _by(0, cells, none)


def by_practitioner(cells: Mapping[Cell, N], none: N) -> dict[int | None, N]:
    return _by(1, cells, none)


def _by(which: int, cells: Mapping[Cell, N], none: N) -> dict[int | None, N]:
    found: dict[int | None, N] = defaultdict(lambda: none)
    for cell, numbers in cells.items():
        found[cell[which]] = found[cell[which]] + numbers
    return dict(found)
