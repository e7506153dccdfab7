"""The maintenance-due report over a million patients: pages, tiles and all rows, beside the ways that work it out when asked for."""

import csv
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import psutil

from tests.bench.databases import database, using
from tests.bench.figures import Figure, compared, say
from tests.bench.sizes import Sizes
from tests.bench.treated import LOCATIONS, PRACTITIONERS, TODAY, fill

EXPORTED = 350_000
ONE_BY_ONE = 300

# From the appointments alone, for everybody: what the report would be without a table of its own.
PLAIN = """
WITH last AS (
     SELECT DISTINCT ON (a.patient_id, c.treatment_id) a.patient_id, c.treatment_id, a.course_id, lower(a.recovery) AS last_session_on
       FROM scheduling_appointment a JOIN scheduling_course c ON c.id = a.course_id
      WHERE a.status = 'fulfilled'
      ORDER BY a.patient_id, c.treatment_id, a.during DESC
), done AS (
     SELECT course_id, count(*) AS sessions FROM scheduling_appointment WHERE status = 'fulfilled' GROUP BY 1
), coming AS (
     SELECT a.patient_id, c.treatment_id, min(lower(a.recovery)) AS booked_on
       FROM scheduling_appointment a JOIN scheduling_course c ON c.id = a.course_id
      WHERE a.status IN ('booked', 'arrived') AND lower(a.recovery) >= %(today)s
      GROUP BY 1, 2
), due AS (
     SELECT last.patient_id, t.list_price, booked_on, sessions >= c.planned_sessions AS is_maintenance,
            CASE WHEN sessions < c.planned_sessions THEN last_session_on + t.recommended_within_days
                 ELSE (last_session_on + t.maintenance_months * interval '1 month')::date END AS due_on
       FROM last
       JOIN scheduling_course c ON c.id = last.course_id
       JOIN done ON done.course_id = last.course_id
       JOIN scheduling_treatment t ON t.id = last.treatment_id
       LEFT JOIN coming ON coming.patient_id = last.patient_id AND coming.treatment_id = last.treatment_id
)
"""
PLAIN_PAGE = f"{PLAIN} SELECT * FROM due WHERE booked_on IS NULL AND due_on <= %(today)s + 30 ORDER BY due_on, patient_id LIMIT 50"
PLAIN_TILES = f"""{PLAIN}
SELECT is_maintenance, booked_on IS NOT NULL, due_on < %(today)s, due_on <= %(today)s + 30, due_on < %(today)s - interval '1 year',
       count(*), sum(list_price)
  FROM due GROUP BY 1, 2, 3, 4, 5
"""


def report(sizes: Sizes) -> Iterator[Figure]:
    wrapper = _database(sizes.treated)
    try:
        with using(wrapper):
            yield from _pages(sizes)
            yield from _tiles(sizes)
            yield from _days(sizes)
            yield from _export()
            yield _refresh(sizes)
    finally:
        wrapper.close()


def _pages(sizes: Sizes) -> Iterator[Figure]:
    from scheduling.reports.due import Filters, page

    def first() -> float:
        return in_database(lambda: page(Filters.to_call(TODAY), today=TODAY))

    first()
    pairs = [(first(), in_database(lambda: _ask(PLAIN_PAGE))) for _ in range(sizes.rounds)]
    yield compared("report.first_page", "ms in the database", pairs, "worked out when asked for", "ours <= 50")
    one_by_one = in_database(lambda: _one_by_one(ONE_BY_ONE)) / ONE_BY_ONE
    everybody = one_by_one * sizes.treated
    yield Figure("report.naive", "ms for the first page", median(ours for ours, _ in pairs), everybody, "a loop over the patients")
    yield Figure("report.naive_each", "ms a patient of that loop", one_by_one)
    slowest = sorted(((_page(said), name) for name, said in _cases(sizes.treated, sizes.cases)), reverse=True)
    for milliseconds, name in slowest[:3]:
        say(f"  {milliseconds:.1f} ms: {name}")
    yield Figure("report.any_page", f"ms, median of {len(slowest)} pages", median(ms for ms, _ in slowest))
    yield Figure("report.slowest_page", f"ms, slowest of {len(slowest)} pages", slowest[0][0], goal="ours <= 50")


def _tiles(sizes: Sizes) -> Iterator[Figure]:
    from scheduling.reports.due import Filters, tiles

    def counted() -> float:
        return in_database(lambda: tiles(Filters(TODAY), today=TODAY))

    counted()
    pairs = [(counted(), in_database(lambda: _ask(PLAIN_TILES))) for _ in range(sizes.rounds)]
    yield compared("report.tiles", "ms in the database", pairs, "worked out when asked for", "ours <= 300")


def _days(sizes: Sizes) -> Iterator[Figure]:
    """A later day is read from the same table, a past one is worked out: it has as long as any page has."""
    from scheduling.reports.due import Filters, page, tiles

    for name, days in (("later", 60), ("past", -60)):
        day = TODAY + timedelta(days=days)
        counted = [in_database(lambda day=day: tiles(Filters(day), today=TODAY)) for _ in range(sizes.rounds)]
        shown = [in_database(lambda day=day: page(Filters(day), today=TODAY)) for _ in range(sizes.rounds)]
        page_goal, tiles_goal = ("ours <= 50", "ours <= 300") if days > 0 else ("ours <= 15000", "ours <= 15000")
        yield Figure(f"report.{name}_page", f"ms, {abs(days)} days {name}", median(shown), goal=page_goal)
        yield Figure(f"report.{name}_tiles", f"ms, {abs(days)} days {name}", median(counted), goal=tiles_goal)


def _export() -> Iterator[Figure]:
    from scheduling.reports.due import Filters, stream

    process, most, started_at = psutil.Process(), 0, time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        writer = csv.writer(nowhere)
        rows = 0
        for rows, due in enumerate(islice(stream(Filters(TODAY), today=TODAY), EXPORTED), start=1):
            writer.writerow((due.patient_id, due.patient, due.treatment, due.due_on, due.days_late, due.bucket, due.value))
            if rows % 10_000 == 0:
                most = max(most, process.memory_info().rss)
    yield Figure(
        "report.export_memory", f"MB, all of the process, {rows:,} rows", max(most, process.memory_info().rss) / 1e6, goal="ours <= 200"
    )
    yield Figure("report.export_rows", "rows a second", rows / (time.perf_counter() - started_at))


def _refresh(sizes: Sizes) -> Figure:
    """What the report costs whoever changes something about a patient: her rows are derived anew, and written."""
    from scheduling import services
    from scheduling.models import Patient

    patients = Patient.objects.exclude(reached_by="").order_by("pk").values_list("pk", flat=True)[: sizes.asked]
    taken = [in_database(lambda pk=pk: services.note_reach({pk: ""})) for pk in patients]
    return Figure("report.refresh", "ms of a change to one patient", median(taken))


# --- what is asked ------------------------------------------------------------------------------------------------------


def _cases(patients: int, most: int) -> list[tuple[str, dict[str, Any]]]:
    """Filters × sorts × directions × places: a first page, and one that follows or comes before somebody anywhere in the list."""
    from scheduling.domain.cadence import Bucket
    from scheduling.domain.recalls import TO_ACT_ON
    from scheduling.reports.due import SORTS, Filters

    last, closed, left = LOCATIONS * PRACTITIONERS, LOCATIONS, PRACTITIONERS
    filters = {
        "to call": {"buckets": TO_ACT_ON, "is_due_soon": True},
        "everybody": {},
        **{bucket.value: {"buckets": [bucket]} for bucket in Bucket},
        "the large location": {"location": 1, "buckets": TO_ACT_ON, "is_due_soon": True},
        "a location": {"location": 7},
        "the closed location": {"location": closed},
        "the closed location, to act on": {"location": closed, "buckets": TO_ACT_ON},
        "a practitioner": {"practitioner": 5, "buckets": TO_ACT_ON},
        "one who has left": {"practitioner": left},
        "the closed location's last": {"location": closed, "practitioner": last},
        "the usual treatment": {"treatment": 1, "buckets": TO_ACT_ON},
        "another": {"treatment": 6},
        "location, practitioner, treatment": {"location": 3, "practitioner": 25, "treatment": 5, "buckets": TO_ACT_ON},
        "nobody": {"location": 3, "practitioner": 5},
        "a location's snoozed": {"location": 13, "buckets": [Bucket.SNOOZED]},
        "a day": {"due_from": TODAY, "due_until": TODAY},
        "a week": {"due_from": TODAY, "due_until": TODAY + timedelta(days=7), "buckets": TO_ACT_ON},
        "long ago": {"due_until": TODAY - timedelta(days=900)},
        "far ahead": {"due_from": TODAY + timedelta(days=100)},
    }
    chance = random.Random(6)
    cases = [
        (
            f"{name}, {days} days ahead, by {sort}{', descending' if descending else ''}, {place or 'first'}",
            {
                "filters": Filters(TODAY + timedelta(days=days), **said),
                "sort": sort,
                "descending": descending,
                "place": place,
                "near": chance.randrange(1, patients),
            },
        )
        for days in (0, 60)
        for name, said in filters.items()
        for sort in SORTS
        for descending in (False, True)
        for place in ("", "after", "before")
    ]
    return chance.sample(cases, min(most, len(cases)))


def _page(said: dict[str, Any]) -> float:
    from scheduling.reports.due import page

    place = said.pop("place")
    somebody = _anywhere(said.pop("near"), said["sort"], descending=said["descending"])
    where = {place: somebody} if place else {}
    return min(in_database(lambda: page(today=TODAY, **said, **where)) for _ in range(2))


def _anywhere(near: int, sort: str, *, descending: bool) -> str:
    """The cursor of somebody in the list, by her number."""
    from scheduling.models import Standing, Treatment
    from scheduling.reports.due.sorting import order_of

    standings = Standing.objects.filter(patient__gte=near).order_by("patient", "stands_from")
    somebody = standings.values("patient_id", "due_on", "last_session_on", "sort_name", "treatment_id")[0]
    return order_of(sort, Treatment.objects.in_bulk(), descending=descending).cursor(SimpleNamespace(**somebody))


def _one_by_one(patients: int) -> None:
    """As one would write it first: for each patient, her last session, how many there were, and whether she is booked."""
    from scheduling.domain.cadence import RecallKind, due_on
    from scheduling.models import Appointment, Course

    for course in Course.objects.select_related("treatment").order_by("pk")[:patients]:
        sessions = Appointment.objects.filter(course=course, status="fulfilled").order_by("during")
        if (last := sessions.last()) is None:
            continue
        kind = RecallKind.NEXT_SESSION if sessions.count() < course.planned_sessions else RecallKind.MAINTENANCE
        months, days = course.treatment.maintenance_months, course.treatment.recommended_within_days
        due_on(kind, last.local_day, recommended_within_days=days, maintenance_months=months)
        Appointment.objects.filter(course=course, status__in=["booked", "arrived"]).exists()


def _ask(sql: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, {"today": TODAY})
        cursor.fetchall()


def in_database(work: Callable[[], object]) -> float:
    """Milliseconds that its statements took, as seen from here."""
    from django.db import connection

    spent = 0.0

    def timed(execute: Callable[..., object], *args: Any) -> object:
        nonlocal spent
        started_at = time.perf_counter()
        try:
            return execute(*args)
        finally:
            spent += time.perf_counter() - started_at

    with connection.execute_wrapper(timed):
        work()
    return spent * 1000


def _database(patients: int) -> Any:
    started_at = time.monotonic()
    wrapper = database(f"treated_{patients}", lambda cursor: fill(cursor, patients))
    say(f"  {patients:,} patients have been treated ({time.monotonic() - started_at:.0f} s)")
    return wrapper
