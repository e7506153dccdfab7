"""Orders of the report's rows, and how far somebody has read in one: opaque cursors for its pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.crypto import constant_time_compare, salted_hmac

from scheduling.domain.recalls import FIRST_DAY, LAST_DAY
from scheduling.models import Standing, Treatment
from scheduling.reports.due.rows import Due
from scheduling.reports.due.source import literal

# By what each sorts, the patient's number coming last. By value: treatments as they are priced, each by due date.
SORTS = {"due": "due_on", "last_session": "last_session_on", "name": "sort_name", "value": "due_on"}
LONGEST_CURSOR = 200
MOST = 2**63


@dataclass(frozen=True, slots=True)
class Place:
    """A row's in an order. `treatment` is 0 but in that by value."""

    treatment: int
    key: date | str
    patient: int


@dataclass(frozen=True, slots=True)
class Order:
    """`treatments` are in the order in which their rows come; none unless they are sorted by value."""

    sort: str
    is_descending: bool
    treatments: Sequence[int] = ()

    @property
    def key(self) -> str:
        return SORTS[self.sort]

    @property
    def backwards(self) -> "Order":
        return Order(self.sort, not self.is_descending, self.treatments[::-1])

    def sql(self) -> str:
        """For ORDER BY."""
        way = "DESC" if self.is_descending else "ASC"
        ordered = f"s.{self.key} {way}, s.patient_id {way}"
        return f"{self._number()}, {ordered}" if self.treatments else ordered

    def reach(self, place: Place | None) -> tuple[date, date]:
        """The first and the last day of the key on which a row can be that follows."""
        if place is None or isinstance(place.key, str) or self.treatments:
            return FIRST_DAY, LAST_DAY
        return (FIRST_DAY, place.key) if self.is_descending else (place.key, LAST_DAY)

    def beyond(self, place: Place, span: tuple[date, date] | None = None) -> str:
        """A condition on the rows that follow; `%(name)s` stands for the place's name.

        With `span`, the days within reach that they have anyway: from a place before them PostgreSQL would look through all that lies
        between.
        """
        if span and not self.treatments and isinstance(place.key, date) and not span[0] <= place.key <= span[1]:
            return "TRUE"
        key = literal(place.key) if isinstance(place.key, date) else "%(name)s"
        following = f"(s.{self.key}, s.patient_id) {'<' if self.is_descending else '>'} ({key}, {place.patient})"
        if not self.treatments:
            return following
        number = self.treatments.index(place.treatment) + 1
        return f"({self._number()} > {number} OR {self._number()} = {number} AND {following})"

    def cursor(self, due: Due) -> str:
        """The row's place, for an address. Addresses are written into logs, so a name stands there by its digest only."""
        key = _digest(due.sort_name) if self.sort == "name" else getattr(due, self.key).isoformat()
        said = [self.sort, due.treatment_id if self.treatments else 0, key, due.patient_id]
        return urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    def place(self, cursor: str) -> Place:
        """Raises ValueError where the cursor isn't one of this order, or its patient has another name by now."""
        try:
            said: Any = json.loads(urlsafe_b64decode(cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4)))
        except RecursionError as error:
            raise ValueError("not a place in the report") from error
        if not isinstance(said, list) or [type(part) for part in said] != [str, int, str, int]:
            raise ValueError("not a place in the report")
        sort, treatment, key, patient = said
        is_known = treatment in self.treatments if self.treatments else treatment == 0
        if sort != self.sort or not is_known or not 0 <= patient < MOST:
            raise ValueError("not a place in this order of the report")
        return Place(treatment, _name_of(patient, key) if sort == "name" else date.fromisoformat(key), patient)

    def _number(self) -> str:
        return f"array_position(ARRAY{list(self.treatments)}::bigint[], s.treatment_id)"


def order_of(sort: str, treatments: Mapping[int, Treatment], *, descending: bool) -> Order:
    """Raises ValueError for another sort than those of SORTS."""
    if sort not in SORTS:
        raise ValueError(f"the report isn't sorted by {sort}")
    by_price = sorted(treatments, key=lambda pk: (treatments[pk].list_price, pk), reverse=descending) if sort == "value" else []
    return Order(sort, descending, by_price)


def _name_of(patient: int, digest: str) -> str:
    name = Standing.objects.filter(patient=patient).values_list("sort_name", flat=True).first()
    if name is None or not constant_time_compare(_digest(name), digest):
        raise ValueError("she isn't where she was in the report")
    return name


def _digest(name: str) -> str:
    return salted_hmac("scheduling.reports.due", name).hexdigest()[:16]
