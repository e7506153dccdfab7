"""The trail: what writing it costs a booking, and what reading it costs once it is long."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any

from django.db import transaction

from tests.bench.databases import database, using
from tests.bench.figures import Figure, compared
from tests.bench.sizes import Sizes

BOOKINGS = 5  # in a round, one way and the other: the fastest counts, since whatever else goes on only adds to it
PEOPLE, PATIENTS = 40, 50_000
PAGE = 50
TIMES = 20

# Five years of it: of ten rows eight are looks.
LONG = """
INSERT INTO clinic_trail (at, user_id, actor, action, about, object_id, patient_id, note, changes)
SELECT timestamptz '2026-11-01' - interval '158 seconds' * number, number %% %(people)s + 1, 'somebody',
       CASE WHEN number %% 50000 = 0 THEN 'exported' WHEN number %% 5 = 0 THEN 'changed' ELSE 'saw' END, 'scheduling.patient',
       number * 7919 %% %(patients)s + 1, number * 7919 %% %(patients)s + 1,
       CASE WHEN number %% 5 = 0 THEN '' ELSE 'the patient''s page' END,
       CASE WHEN number %% 5 = 0 THEN '{"phone": ["+12125550101", "+12125550102"]}' ELSE '{}' END::jsonb
  FROM generate_series(1::bigint, %(rows)s) AS number
"""


def trail(sizes: Sizes) -> Iterator[Figure]:
    """In a database of its own, where the trail is long already."""

    def fill(cursor: Any) -> None:
        cursor.execute(LONG, {"people": PEOPLE, "patients": PATIENTS, "rows": sizes.trailed})
        cursor.execute("VACUUM ANALYZE")

    wrapper = database("trailed", fill)
    try:
        with using(wrapper):
            figures = [_booking(sizes), *_reading(sizes)]
    finally:
        wrapper.close()
    yield from figures


def _booking(sizes: Sizes) -> Figure:
    from clinic.services.acting import Actor, acting_as
    from tests.clinic_world import open_clinic

    clinic = open_clinic()
    clinic.consents(clinic.ana)

    def trailed() -> float:
        """As a request has it: who it is, is said before and taken back after."""
        return _book(clinic, acting_as(Actor("frontdesk", 1)))

    def fastest(book: Callable[[], float]) -> float:
        book()  # the switch had PostgreSQL forget what it knew of the tables
        return min(book() for _ in range(BOOKINGS))

    pairs = []
    for _ in range(max(sizes.sessions // (4 * BOOKINGS), 1)):
        ours = fastest(trailed)
        _switch("DISABLE")
        try:
            usual = fastest(lambda: _book(clinic))
        finally:
            _switch("ENABLE")
        pairs.append((ours, usual))
    return compared("trail.booking", "ms, to the commit", pairs, "without a trail", "ratio <= 1.1")


def _book(clinic: Any, told: AbstractContextManager[None] | None = None) -> float:
    """Milliseconds. What was booked is deleted again: the diary stays as it was."""
    from aftercare.models import CareMessage
    from notifications.models import Message

    begun = time.perf_counter()
    with told or nullcontext():
        booked = clinic.book(clinic.ana)
    took = (time.perf_counter() - begun) * 1000
    CareMessage.objects.filter(appointment=booked).delete()
    Message.objects.all().delete()
    course = booked.course
    booked.delete()
    course.delete()
    return took


def _switch(how: str) -> None:
    from clinic.demo.untrailed import switch

    with transaction.atomic():
        switch(how)


def _reading(sizes: Sizes) -> Iterator[Figure]:
    from datetime import date

    from clinic.models import Entry
    from clinic.reports import Asked

    middle = Entry.objects.order_by("pk").values_list("pk", flat=True)[sizes.trailed // 2]
    pages = {
        "first": (Asked(), None),
        "far": (Asked(), middle),
        "patient": (Asked(patients=(7,)), None),
        "person": (Asked(person=3, first_on=date(2024, 1, 1), last_on=date(2024, 6, 30)), None),
        "exports": (Asked(action="exported"), None),
    }
    for name, (asked, before) in pages.items():
        yield Figure(f"trail.{name}", "ms a page", median(_read(asked, before) for _ in range(TIMES)), goal="ours <= 50")


def _read(asked: Any, before: int | None) -> float:
    from clinic.reports import entries

    begun = time.perf_counter()
    entries(asked, before=before, most=PAGE, seconds=60)
    return (time.perf_counter() - begun) * 1000
