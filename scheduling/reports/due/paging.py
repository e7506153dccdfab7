"""The report's pages. However deep one is, what is read is one page: it goes on from a row, not after so many."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings
from django.db import connection

from scheduling.reports.due.filters import Filters
from scheduling.reports.due.rows import COLUMNS, Catalog, Due
from scheduling.reports.due.sorting import Order, Place, order_of
from scheduling.reports.due.source import condition, pieces_of, source
from scheduling.reports.due.today import today_at
from scheduling.reports.limits import limited_to

ROWS = """
SELECT {columns}
  FROM (SELECT * FROM {source} WHERE {condition} ORDER BY {order} LIMIT {most}) s
  JOIN scheduling_patient p ON p.id = s.patient_id
 ORDER BY {order}
"""

IN_ORDER = "({rows} AND {within_span} AND {beyond} ORDER BY {order} LIMIT {most})"

# A few among everybody's rows would be looked for from one end of an order to the other, where PostgreSQL takes conditions to be
# independent: a location that was closed has nobody who is due soon. So as many as are sorted at once are looked for first. Where there
# are more, the index of the order says itself of a row whether it meets the conditions.
EITHER_WAY = """(
WITH found AS MATERIALIZED ({rows} ORDER BY s.{found_by} LIMIT {few} + 1)
SELECT * FROM found s WHERE (SELECT count(*) FROM found) <= {few} AND {beyond}
 UNION ALL
SELECT * FROM ({rows} AND {within_span} AND {beyond} ORDER BY {order} LIMIT {most}) s WHERE (SELECT count(*) FROM found) > {few}
)"""
FEW = 300
HOW_MANY = "(SELECT count(*) FROM ({rows} LIMIT {few} + 1) s)"
TOGETHER = "SELECT {lots}"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in their order. `after` and `before` are where to go on, or back, from here: "" where nothing is there.

    While rows come and go between two pages, nobody is missed who stays where she is, and nobody is seen twice.
    """

    rows: list[Due]
    after: str
    before: str

    @property
    def mirrored(self) -> "Page":
        return Page(self.rows[::-1], self.before, self.after)


def page(
    filters: Filters,
    *,
    sort: str = "due",
    descending: bool = False,
    after: str = "",
    before: str = "",
    size: int = 50,
    today: date | None = None,
) -> Page:
    """So many rows that come after `after`, or before `before`; the first ones without either.

    `sort` is one of SORTS; by “due” those who are the latest come first. Where nothing is left after `after`, it is the last page, and
    where nothing is before `before`, the first. Raises ValueError for a cursor that isn't one of that order, TooSlow after PAGE_SECONDS.
    """
    with limited_to(settings.PAGE_SECONDS):
        catalog = Catalog()
        order = order_of(sort, catalog.treatments, descending=descending)
        reader = Reader(filters, today or today_at(filters.location), catalog, size)
        if before:
            found = reader.following(order.backwards, order.place(before)).mirrored
            return found if found.rows else reader.following(order)
        found = reader.following(order, order.place(after) if after else None)
        return found if found.rows or not after else reader.following(order.backwards).mirrored


@dataclass(frozen=True, slots=True)
class Reader:
    filters: Filters
    today: date
    catalog: Catalog
    size: int

    def following(self, order: Order, place: Place | None = None) -> Page:
        rows = self._rows(order, place)
        shown, has_more = rows[: self.size], len(rows) > self.size
        return Page(shown, order.cursor(shown[-1]) if has_more else "", order.cursor(shown[0]) if place and shown else "")

    def _rows(self, order: Order, place: Place | None) -> list[Due]:
        """One more than a page has."""
        if self.filters.as_of < self.today:
            beyond = [order.beyond(place)] if place else []
            said = " AND ".join([condition(self.filters), *beyond])
            return self._read(source(self.filters.as_of, self.today), said, order, place, self.size + 1)
        rows: list[Due] = []
        for filters, part, begin in self._parts(order, place):
            rows += self._merged(filters, part, begin, self.size + 1 - len(rows))
            if len(rows) > self.size:
                break
        return rows

    def _parts(self, order: Order, place: Place | None) -> Iterator[tuple[Filters, Order, Place | None]]:
        """By value one treatment after the other, each by due date; else all at once, and so where there are but a few."""
        if not order.treatments or self.filters.practitioner is not None or self._are_few():
            yield self.filters, order, place
            return
        by_due = replace(order, treatments=())
        start = order.treatments.index(place.treatment) if place else 0
        for treatment in order.treatments[start:]:
            if self.filters.treatment in (None, treatment):
                begin = place if place and place.treatment == treatment else None
                yield replace(self.filters, treatment=treatment), by_due, begin

    def _are_few(self) -> bool:
        """Six times nobody takes six queries to find out."""
        if self.filters.location is None:
            return False
        lots = [HOW_MANY.format(rows=rows.sql, few=FEW) for rows in pieces_of(self.filters, self.today, "due_on")]
        with connection.cursor() as cursor:
            cursor.execute(TOGETHER.format(lots=" + ".join([*lots, "0"])))
            return cursor.fetchone()[0] <= FEW

    def _merged(self, filters: Filters, order: Order, place: Place | None, most: int) -> list[Due]:
        """Each piece by its own way through an index, and only as much of it as is wanted."""
        cadences = self.catalog.cadences(filters.treatment)
        pieces = [
            (IN_ORDER if rows.are_together else EITHER_WAY).format(
                rows=rows.sql,
                found_by=rows.found_by,
                within_span=rows.within_span,
                beyond=order.beyond(place, rows.span) if place else "TRUE",
                order=order.sql(),
                most=most,
                few=FEW,
            )
            for rows in pieces_of(filters, self.today, order.key, order.reach(place), cadences)
        ]
        return self._read(f"({' UNION ALL '.join(pieces)}) s", "TRUE", order, place, most) if pieces else []

    def _read(self, rows: str, said: str, order: Order, place: Place | None, most: int) -> list[Due]:
        sql = ROWS.format(columns=COLUMNS, source=rows, condition=said, order=order.sql(), most=most)
        with connection.cursor() as cursor:
            cursor.execute(sql, {"name": place.key if place else ""})
            return [self.catalog.due(row, self.filters.as_of) for row in cursor.fetchall()]
