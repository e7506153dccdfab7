"""The next free slots of twenty practitioners over ninety days, by how many appointments the table holds."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from tests.bench.databases import database, using, without
from tests.bench.figures import Figure, say
from tests.bench.sizes import Sizes

LOCATIONS, PRACTITIONERS = 10, 20
DAYS = 90
PAGE, ALL = 20, 10_000
PATIENTS = 80_000
HELD_TO_THE_RULES = 20_000  # a larger table is filled by the same statement
NAMES = {10_000: "10k", 1_000_000: "1m"}

# A Monday noon: nothing here hangs on the day on which it is measured.
NOW = datetime(2026, 11, 30, 12, tzinfo=ZoneInfo("America/New_York"))

PEOPLE = """
INSERT INTO scheduling_location (name, address, phone, after_hours_phone, emergency_number, time_zone)
SELECT 'Clinic ' || number, '', '+1212555010' || number, '', '911', 'America/New_York' FROM generate_series(1, %(locations)s) AS number;

INSERT INTO scheduling_openinghours (location_id, weekday, opens_at, closes_at)
SELECT id, weekday, '09:00', '18:00' FROM scheduling_location, generate_series(0, 4) AS weekday;

INSERT INTO scheduling_closure (location_id, starts_on, ends_on, reason)
SELECT id, '2026-12-24', '2027-01-01', 'Holidays' FROM scheduling_location;

INSERT INTO scheduling_room (location_id, name, is_active)
SELECT id, 'Room ' || number, true FROM scheduling_location, generate_series(1, %(practitioners)s) AS number ORDER BY id, number;

INSERT INTO scheduling_treatment (name, description, skin_area, duration_minutes, turnaround_minutes, minimum_interval_days,
       recommended_within_days, maintenance_months, planned_sessions, list_price, currency, is_active)
VALUES ('Microneedling, face', '', 'face', 60, 15, 28, 42, 6, 3, 640, 'USD', true);

INSERT INTO scheduling_practitioner (name, is_active)
SELECT 'Practitioner ' || lpad(number::text, 3, '0'), true FROM generate_series(1, %(locations)s * %(practitioners)s) AS number;

INSERT INTO scheduling_practitioner_locations (practitioner_id, location_id)
SELECT id, (id - 1) / %(practitioners)s + 1 FROM scheduling_practitioner;

INSERT INTO scheduling_practitioner_treatments (practitioner_id, treatment_id) SELECT id, 1 FROM scheduling_practitioner;

-- Two shifts with a break for lunch, and everybody has a day off.
INSERT INTO scheduling_workinghours (practitioner_id, location_id, weekday, opens_at, closes_at)
SELECT id, (id - 1) / %(practitioners)s + 1, weekday, opens_at, closes_at
  FROM scheduling_practitioner, generate_series(0, 4) AS weekday,
       (VALUES ('09:00'::time, '12:45'::time), ('13:00', '18:00')) AS shift (opens_at, closes_at)
 WHERE weekday <> id %% 5;

INSERT INTO scheduling_absence (practitioner_id, during, reason)
SELECT id, tstzrange(away, away + interval '5 days'), 'vacation' FROM scheduling_practitioner,
       LATERAL (SELECT timestamptz '2026-12-01 05:00Z' + id %% 60 * interval '1 day' AS away) AS away;

INSERT INTO scheduling_patient (first_name, last_name, birth_date, phone, email, time_zone, language, wants_quiet_nights,
       hyperpigmentation_risk, active_products, notes, created_at)
SELECT 'Ana', 'Alvarez ' || number, '1990-05-17', '', '', 'America/New_York', 'en', false, false, '', '', now()
  FROM generate_series(1, %(patients)s) AS number;

INSERT INTO scheduling_course (patient_id, treatment_id, skin_area, planned_sessions, minimum_interval_days, started_at)
SELECT id, 1, 'face', 3, 28, now() FROM scheduling_patient;
"""

# Seven sessions a day with their turnaround, each practitioner in another room every day, and no chance that isn't the same everywhere: the
# ninety days of the clinic that is asked about are alike in every table, nearly full at first, then less so. The rest is what the other
# clinics have, and everybody's past, back to where the rows end. One in ten is cancelled or missed, and blocks nothing.
APPOINTMENTS = """
INSERT INTO scheduling_appointment (course_id, patient_id, skin_area, practitioner_id, room_id, location_id, time_zone, during,
       duration_minutes, minimum_interval_days, status, status_reason, status_at, completed_at, revision, price, booked_at)
SELECT patient, patient, 'face', practitioner, room, location, 'America/New_York', tstzrange(at, at + interval '75 minutes'), 60, 28,
       status, '', now(), CASE WHEN status = 'fulfilled' THEN at + interval '1 hour' END, 0, 640, now()
  FROM (SELECT *, row_number() OVER (ORDER BY at, practitioner) %% %(patients)s + 1 AS patient,
               CASE WHEN luck < 0.07 THEN 'cancelled' WHEN luck < 0.1 THEN 'noshow'
                    WHEN at < %(now)s THEN 'fulfilled' ELSE 'booked' END AS status
          FROM (SELECT practitioner, location, is_asked, (hashint8extended(key, 1) & 1023) / 1024.0 AS luck,
                       (location - 1) * %(practitioners)s + (practitioner + (day - date '2000-01-01')) %% %(practitioners)s + 1 AS room,
                       (day + time '09:00' + number * interval '75 minutes'
                        + CASE WHEN number > 2 THEN interval '15 minutes' ELSE interval '0' END) AT TIME ZONE 'America/New_York' AS at
                  FROM generate_series(1, %(locations)s) AS location,
                       generate_series((location - 1) * %(practitioners)s + 1, location * %(practitioners)s) AS practitioner,
                       LATERAL (SELECT %(today)s::date + generate_series(-%(past)s, %(days)s - 1) AS day) AS days,
                       LATERAL (SELECT day >= %(today)s AND location = 1 AS is_asked) AS asked,
                       generate_series(0, 6) AS number,
                       LATERAL (SELECT practitioner * 1000000::bigint + (day - date '2000-01-01') * 10 + number AS key) AS keys
                 WHERE extract(isodow FROM day) - 1 NOT IN (5, 6, practitioner %% 5) AND day NOT BETWEEN '2026-12-24' AND '2027-01-01'
                   AND (hashint8extended(key, 2) & 1023) / 1024.0
                       < CASE WHEN day < %(today)s + 30 THEN 1 WHEN day < %(today)s + 60 THEN 0.9 ELSE 0.75 END
                 ORDER BY is_asked DESC, at DESC
                 LIMIT %(rows)s
               ) AS had
       ) AS made
 ORDER BY at - random() * interval '60 days'  -- as they were booked
"""


def free_slots(sizes: Sizes) -> Iterator[Figure]:
    filled = {rows: _database(rows) for rows in sizes.booked}
    least, most = min(filled), max(filled)
    page: dict[int, list[float]] = {rows: [] for rows in filled}
    everything, far = [], []
    try:
        for number in range(sizes.asked):
            for rows, wrapper in filled.items():
                with using(wrapper):
                    page[rows].append(_search(number, PAGE))
            with using(filled[most]):
                everything.append(_search(number, ALL))
        with using(filled[most]), transaction.atomic():
            _everybody_is_away()
            far = [_search(number, PAGE, at_least=0) for number in range(sizes.asked)]
            transaction.set_rollback(True)
    finally:
        for wrapper in filled.values():
            wrapper.close()
    unit = f"ms for {PAGE} slots, median"
    for rows, milliseconds in page.items():
        yield Figure(f"free_slots.{NAMES.get(rows, rows)}", unit, median(milliseconds), goal="ours <= 60")
    growth = Figure("free_slots.growth", unit, median(page[most]), median(page[least]), f"at {least:,} rows", "ratio <= 1.5")
    yield growth
    yield Figure("free_slots.all", "ms for all that there are, median", median(everything))
    yield Figure("free_slots.far", "ms where 75 days are full, median", median(far))


def _search(number: int, limit: int, at_least: int = 1) -> float:
    """Milliseconds of one search for a patient who has been there; another one for each `number`."""
    from scheduling import services
    from scheduling.models import Appointment, Location, Treatment

    treatment, location = Treatment.objects.get(), Location.objects.get(name="Clinic 1")
    patient = Appointment.objects.filter(location=location).order_by("pk").select_related("patient")[number * 7].patient
    started_at = time.perf_counter()
    slots = services.free_slots(
        treatment=treatment, location=location, from_date=NOW.date(), days=DAYS, patient=patient, limit=limit, now=NOW
    )
    seconds = time.perf_counter() - started_at
    assert at_least <= len(slots) <= limit
    return seconds * 1000


def _everybody_is_away() -> None:
    from scheduling.models import Absence, Practitioner

    away = DateTimeTZRange(NOW, NOW + timedelta(days=75))
    Absence.objects.bulk_create([Absence(practitioner=practitioner, during=away) for practitioner in Practitioner.objects.all()])


def _database(rows: int) -> Any:
    """One with so many appointments."""
    started_at = time.monotonic()
    numbers = {
        "locations": LOCATIONS,
        "practitioners": PRACTITIONERS,
        "patients": min(PATIENTS, rows),
        "rows": rows,
        "now": NOW,
        "today": NOW.date(),
        "days": DAYS,
        "past": rows // 700 + 30,
    }

    def fill(cursor: Any) -> None:
        with without(cursor, "scheduling_patient"), without(cursor, "scheduling_course"):
            cursor.execute(PEOPLE, numbers)
        with without(cursor, "scheduling_appointment", is_checked=rows <= HELD_TO_THE_RULES):
            cursor.execute(APPOINTMENTS, numbers)
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")

    wrapper = database(f"booked_{rows}", fill)
    say(f"  {rows:,} appointments are booked ({time.monotonic() - started_at:.0f} s)")
    return wrapper
