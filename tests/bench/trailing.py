"""The trail: what writing it costs a booking, and what reading it costs once it is long."""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from django.db import connection, transaction

from tests.bench.figures import Figure, compared
from tests.bench.sizes import Sizes

ROUNDS = 10
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
  FROM generate_series(1, %(rows)s) AS number
"""


def trail(sizes: Sizes) -> Iterator[Figure]:
    yield _booking(sizes)
    yield from _reading(sizes)


def _booking(sizes: Sizes) -> Figure:
    from clinic.services.acting import Actor, acting_as
    from tests.clinic_world import open_clinic

    clinic = open_clinic()
    clinic.consents(clinic.ana)
    once = max(sizes.sessions // ROUNDS, 1)

    def trailed() -> float:
        with acting_as(Actor("frontdesk", 1)):
            return _book(clinic)

    pairs = []
    for _ in range(ROUNDS):
        ours = median(trailed() for _ in range(once))
        _switch("DISABLE")
        try:
            usual = median(_book(clinic) for _ in range(once))
        finally:
            _switch("ENABLE")
        pairs.append((ours, usual))
    return compared("trail.booking", "ms, to the commit", pairs, "without a trail", "ratio <= 1.1")


def _book(clinic: Any) -> float:
    """Milliseconds. What was booked is deleted again: the diary stays as it was."""
    from aftercare.models import CareMessage
    from notifications.models import Message

    begun = time.perf_counter()
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

    with connection.cursor() as cursor:
        cursor.execute(LONG, {"people": PEOPLE, "patients": PATIENTS, "rows": sizes.trailed})
        cursor.execute("VACUUM ANALYZE clinic_trail")
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
