"""All of the report's rows: for an export, for the command, for all that match."""

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any

from django.conf import settings
from django.db import connection

from scheduling.reports.due.filters import Filters
from scheduling.reports.due.rows import COLUMNS, Catalog, Due
from scheduling.reports.due.sorting import order_of
from scheduling.reports.due.source import condition, source
from scheduling.reports.due.today import today_at
from scheduling.reports.limits import limited_to

ROWS = """
DECLARE {name} NO SCROLL CURSOR WITH HOLD FOR
SELECT {columns}
  FROM {source}
  JOIN scheduling_patient p ON p.id = s.patient_id
 WHERE {condition}
 ORDER BY {order}
"""
ROWS_AT_ONCE = 2000

_numbers = count()


def stream(
    filters: Filters, *, sort: str = "due", descending: bool = False, today: date | None = None, seconds: float | None = None
) -> Iterator[Due]:
    """As they stand at one moment, in the order of the pages.

    Until the first comes it may take `seconds`, by default as long as a page. Raises TooSlow then. The others wait in a file of the
    database's, outside any transaction, so whoever reads slowly holds nothing up.
    """
    catalog = Catalog()
    order = order_of(sort, catalog.treatments, descending=descending)
    name = f"report_{next(_numbers)}"
    rows = source(filters.as_of, today or today_at(filters.location))
    sql = ROWS.format(name=name, columns=COLUMNS, source=rows, condition=condition(filters), order=order.sql())
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(sql)
        lot = _fetched(cursor, name)
    try:
        while lot:
            yield from (catalog.due(row, filters.as_of) for row in lot)
            with connection.cursor() as cursor:
                lot = _fetched(cursor, name)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"CLOSE {name}")


def maintenance_due(as_of: date, *, today: date | None = None, seconds: float | None = None) -> Iterator[Due]:
    """Every patient with a fulfilled session, in exactly one bucket, the earliest due date first, as the page has them.

    `as_of` is a clinic-local day: today, a later one as a projection with what is booked and snoozed now, or a past one as far as the
    appointments' history tells it. It may take `seconds`, by default as long as a page may. Raises TooSlow.
    """
    return stream(Filters(as_of), today=today, seconds=seconds)


def _fetched(cursor: Any, name: str) -> list[tuple[Any, ...]]:
    cursor.execute(f"FETCH {ROWS_AT_ONCE} FROM {name}")
    return cursor.fetchall()
