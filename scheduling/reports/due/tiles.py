"""The report in numbers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import connection

from scheduling.domain.cadence import Bucket, RecallKind, Stage, due_soon_until
from scheduling.domain.recalls import bucket_of, first_not_lapsed
from scheduling.models import Treatment
from scheduling.reports.due.filters import Filters
from scheduling.reports.due.source import literal, narrowed, source, within
from scheduling.reports.due.today import today_at
from scheduling.reports.limits import limited_to

# As few groups as PostgreSQL foresees, so that it counts in one pass. What the treatment costs is looked up afterwards.
COUNTS = """
SELECT s.stage, s.kind, s.treatment_id,
       count(*) FILTER (WHERE s.due_on < {not_lapsed}),
       count(*) FILTER (WHERE s.due_on >= {not_lapsed} AND s.due_on < {as_of}),
       count(*) FILTER (WHERE s.due_on >= {as_of} AND s.due_on <= {soon}),
       count(*) FILTER (WHERE s.due_on > {soon})
  FROM {source}
 WHERE {condition}
 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A bucket in numbers, and those of it who are late, or due within 30 days: `soon`. Values: currency → list prices of the sessions
    due, together (F21)."""

    bucket: Bucket
    count: int
    values: dict[str, Decimal]
    soon: int
    soon_values: dict[str, Decimal]


def tiles(filters: Filters, *, today: date | None = None, seconds: float | None = None) -> list[Tile]:
    """All buckets, whichever the filters name, in their order. Raises TooSlow."""
    as_of = filters.as_of
    not_lapsed, soon = first_not_lapsed(as_of), due_soon_until(as_of)
    in_zone = (not_lapsed - timedelta(days=1), as_of - timedelta(days=1), as_of, soon + timedelta(days=1))
    sql = COUNTS.format(
        source=source(as_of, today or today_at(filters.location)),
        condition=" AND ".join(["TRUE", *narrowed(filters), *within(filters)]),
        not_lapsed=literal(not_lapsed),
        as_of=literal(as_of),
        soon=literal(soon),
    )
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(sql)
        counted = cursor.fetchall()
    treatments = Treatment.objects.in_bulk()
    counts: dict[tuple[Bucket, bool], int] = defaultdict(int)
    worth: dict[tuple[Bucket, bool], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for stage, kind, treatment, *numbers in counted:
        for due, count in zip(in_zone, numbers, strict=True):
            if count:
                bucket = bucket_of(Stage(stage), RecallKind(kind), due, as_of)
                counts[bucket, due <= soon] += count
                worth[bucket, due <= soon][treatments[treatment].currency] += count * treatments[treatment].list_price
    return [
        Tile(
            bucket,
            counts[bucket, True] + counts[bucket, False],
            together([worth[bucket, True], worth[bucket, False]]),
            counts[bucket, True],
            dict(worth[bucket, True]),
        )
        for bucket in Bucket
    ]


def matching(found: Iterable[Tile], filters: Filters) -> tuple[int, dict[str, Decimal]]:
    """How many patients these filters name, which the tiles are of, and what they are worth."""
    named = [tile for tile in found if tile.bucket in filters.buckets]
    if filters.is_due_soon:
        return sum(tile.soon for tile in named), together(tile.soon_values for tile in named)
    return sum(tile.count for tile in named), together(tile.values for tile in named)


def together(several: Iterable[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    """Their sums, currency by currency."""
    sums: dict[str, Decimal] = {}
    for values in several:
        for currency, value in values.items():
            sums[currency] = sums.get(currency, Decimal(0)) + value
    return sums
