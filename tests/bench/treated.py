"""A chain of clinics with years behind it: patients, their sessions, and where they stand in the report.

What the services derive is written here by SQL, hundreds of times faster. `fill` holds some of it to what they would have written.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.bench.databases import without

# Nothing hangs on the day on which it is measured.
TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("America/New_York"))

LOCATIONS, PRACTITIONERS, TREATMENTS = 20, 36, 6  # as in the demo, a practitioner has some 1,400 patients at full size
TWO_SKINS = 50  # one patient in so many is treated at two places, and derived by the services
COMPARED = 200
EXCLUSIONS = ("practitioner_is_free", "room_is_free", "patient_is_free", "skin_has_recovered")  # no report reads them

CATALOG = """
INSERT INTO scheduling_location (id, name, address, phone, after_hours_phone, emergency_number, time_zone)
SELECT number, 'Clinic ' || number, '', '+12125550100', '', '911', 'America/New_York' FROM generate_series(1, %(locations)s) AS number;

INSERT INTO scheduling_room (id, location_id, name, is_active)
SELECT number, number, 'Room 1', true FROM generate_series(1, %(locations)s) AS number;

INSERT INTO scheduling_practitioner (id, name, is_active)
SELECT number, 'Practitioner ' || number, true FROM generate_series(1, %(locations)s * %(practitioners)s) AS number;

INSERT INTO scheduling_treatment (id, name, description, skin_area, duration_minutes, turnaround_minutes, minimum_interval_days,
       recommended_within_days, maintenance_months, planned_sessions, list_price, currency, is_active)
SELECT number, 'Microneedling, ' || area, '', area, 60, 15, 28, 42, 6, 3, price, 'USD', true
  FROM (VALUES (1, 'face', 640), (2, 'neck', 520), (3, 'scalp', 390), (4, 'hands', 390), (5, 'abdomen', 560), (6, 'legs', 700))
       AS made (number, area, price);
"""

# One in five goes to the first clinic. The last one was closed two years ago, and of each clinic one practitioner has left.
PEOPLE = """
CREATE UNLOGGED TABLE treated AS
SELECT id, sessions, location, treatment, last_on, reached_by, (location - 1) * %(practitioners)s + practitioner AS practitioner,
       CASE WHEN last_on > %(today)s - 600 AND luck < 0.25 THEN %(today)s + 1 + (drawn & 63)::int
            WHEN luck BETWEEN 0.25 AND 0.28 THEN last_on + 40 + (drawn & 15)::int END AS coming_on,
       CASE WHEN luck BETWEEN 0.3 AND 0.32 THEN %(today)s - 10 + (drawn & 31)::int END AS hidden_until,
       luck BETWEEN 0.33 AND 0.34 AS has_declined, luck > 0.9 AS was_called_off, first_name, last_name
  FROM (SELECT *, %(today)s - 1 - CASE WHEN location = %(locations)s OR practitioner = %(practitioners)s THEN 730 ELSE 0 END
                  - (1400 * power((hashint8extended(id, 4) & 65535) / 65536.0, 1.6))::int AS last_on
          FROM (SELECT id, 1 + (hashint8extended(id, 1) & 7)::int %% 6 AS sessions, hashint8extended(id, 2) AS drawn,
                       (hashint8extended(id, 3) & 65535) / 65536.0 AS luck,
                       CASE WHEN id %% 5 = 0 THEN 1 ELSE 1 + (hashint8extended(id, 5) & 65535)::int %% %(locations)s END AS location,
                       1 + (hashint8extended(id, 6) & 65535)::int %% %(practitioners)s AS practitioner,
                       1 + (CASE WHEN id %% 2 = 0 THEN 0 ELSE hashint8extended(id, 7) & 65535 END)::int %% %(treatments)s AS treatment,
                       (ARRAY['sms', 'sms,email', 'sms', 'email', 'sms,email', 'sms', 'sms', ''])[1 + (hashint8extended(id, 8) & 7)]
                       AS reached_by,
                       initcap(translate(left(md5(id::text), 6), '0123456789', 'ghijklmnop')) AS first_name,
                       initcap(translate(left(md5((id * 7)::text), 8), '0123456789', 'ghijklmnop')) AS last_name
                  FROM generate_series(1, %(patients)s) AS id
               ) AS drawn
       ) AS been;

INSERT INTO scheduling_patient (id, first_name, last_name, birth_date, phone, email, time_zone, language, wants_quiet_nights,
       hyperpigmentation_risk, active_products, notes, reached_by, created_at)
SELECT id, first_name, last_name, '1990-05-17', '', '', 'America/New_York', 'en', false, false, '', '', reached_by, now() FROM treated;

INSERT INTO scheduling_course (id, patient_id, treatment_id, skin_area, planned_sessions, minimum_interval_days, started_at)
SELECT treated.id, treated.id, treatment, skin_area, 3, 28, now() FROM treated JOIN scheduling_treatment t ON t.id = treatment;

INSERT INTO scheduling_course (id, patient_id, treatment_id, skin_area, planned_sessions, minimum_interval_days, started_at)
SELECT %(patients)s + treated.id, treated.id, t.id, skin_area, 3, 28, now()
  FROM treated JOIN scheduling_treatment t ON t.id = treatment %% %(treatments)s + 1 WHERE treated.id %% %(two_skins)s = 0;
"""

# Five weeks from one to the next in a course, then six months.
SESSIONS = """
CREATE UNLOGGED TABLE had AS
SELECT treated.id * 10 + number AS id, treated.id AS patient, number, treatment, location, practitioner,
       last_on - 182 * (sessions - greatest(number, least(sessions, 3))) - 35 * (least(sessions, 3) - least(number, 3)) AS day,
       number = sessions AS is_last
  FROM treated, generate_series(1, sessions) AS number
"""

APPOINTMENTS = """
INSERT INTO scheduling_appointment (id, course_id, patient_id, skin_area, practitioner_id, room_id, location_id, time_zone, during,
       duration_minutes, minimum_interval_days, status, status_reason, status_at, completed_at, revision, price, booked_at)
SELECT made.id, course, patient, skin_area, practitioner, location, location, 'America/New_York', tstzrange(at, at + interval '75 minutes'),
       60, 28, status, '', least(at, %(now)s), CASE WHEN status = 'fulfilled' THEN at + interval '1 hour' END, 0, list_price,
       at - interval '75 days'
  FROM (SELECT id, patient AS course, patient, treatment, practitioner, location, day, 'fulfilled' AS status FROM had
        UNION ALL
        SELECT id * 10 + 7, id, id, treatment, practitioner, location, coming_on, 'booked' FROM treated WHERE coming_on IS NOT NULL
        UNION ALL
        SELECT id * 10 + 8, id, id, treatment, practitioner, location, last_on + 30, 'cancelled' FROM treated WHERE was_called_off
        UNION ALL
        SELECT id * 10 + 9, %(patients)s + id, id, treatment %% %(treatments)s + 1, practitioner, location, last_on - 7, 'fulfilled'
          FROM treated WHERE id %% %(two_skins)s = 0
       ) AS made
  JOIN scheduling_treatment t ON t.id = treatment,
       LATERAL (SELECT (day + time '14:00') AT TIME ZONE 'America/New_York' AS at) AS begun
"""

DONE = """
INSERT INTO scheduling_recallaction (session_id, patient_id, way, outcome, reason, hidden_until, wording, at)
SELECT id * 10 + sessions, id, CASE WHEN has_declined THEN 'call' ELSE 'snooze' END,
       CASE WHEN has_declined THEN 'declined' ELSE 'snoozed' END, CASE WHEN has_declined THEN 'moved away' ELSE '' END,
       hidden_until, '', %(now)s - interval '20 days'
  FROM treated WHERE has_declined OR hidden_until IS NOT NULL
"""

RECALLS = """
INSERT INTO scheduling_recall (patient_id, course_id, treatment_id, location_id, practitioner_id, last_session_id, kind, last_session_on,
       due_on, came_back_on)
SELECT patient, patient, treatment, location, practitioner, id, CASE WHEN number < 3 THEN 'next_session' ELSE 'maintenance' END, day,
       CASE WHEN number < 3 THEN day + 42 ELSE (day + interval '6 months')::date END,
       CASE WHEN NOT is_last THEN lead(day) OVER (PARTITION BY patient ORDER BY number) END
  FROM had
"""

STANDINGS = """
INSERT INTO scheduling_standing (patient_id, stands_from, stands_until, recall_id, kind, stage, treatment_id, location_id, practitioner_id,
       last_session_on, due_on, booked_on, went_by, hidden_until, reached_by, attempts, last_outcome, sort_name)
SELECT r.patient_id, first, until, r.id, r.kind, stage, r.treatment_id, r.location_id, r.practitioner_id, r.last_session_on, r.due_on,
       CASE WHEN stage = 'booked' THEN coming_on END, CASE WHEN first = coming_on + 1 THEN coming_on END, hidden_until, reached_by,
       CASE WHEN has_declined THEN 1 ELSE 0 END,
       CASE WHEN has_declined THEN 'declined' WHEN hidden_until IS NOT NULL THEN 'snoozed' ELSE '' END,
       lower(last_name || ' ' || first_name)
  FROM scheduling_recall r
  JOIN treated ON treated.id = r.patient_id,
       LATERAL (SELECT coalesce(coming_on, hidden_until) + 1 AS turns,
                       CASE WHEN has_declined THEN 'declined'
                            WHEN treated.reached_by = '' THEN 'unreachable' ELSE 'open' END AS free) AS so,
       LATERAL (SELECT date '1900-01-01' AS first, coalesce(turns, date '2999-12-31') AS until,
                       CASE WHEN coming_on IS NOT NULL THEN 'booked' WHEN hidden_until IS NOT NULL THEN 'snoozed' ELSE free END AS stage
                UNION ALL
                SELECT turns, date '2999-12-31', free WHERE turns IS NOT NULL) AS spans
 WHERE r.came_back_on IS NULL
"""

NEXT_NUMBERS = """
SELECT setval(pg_get_serial_sequence(name, 'id'), %(patients)s * 11)
  FROM unnest(ARRAY['scheduling_patient', 'scheduling_course', 'scheduling_appointment']) AS name
"""


def fill(cursor: Any, patients: int) -> None:
    from scheduling.models import Patient
    from scheduling.services import refresh_all
    from scheduling.services.recalls.checking import _of

    numbers = {
        "patients": patients,
        "locations": LOCATIONS,
        "practitioners": PRACTITIONERS,
        "treatments": TREATMENTS,
        "two_skins": TWO_SKINS,
        "today": TODAY,
        "now": NOW,
    }
    cursor.execute("SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'")
    cursor.execute(CATALOG, numbers)
    with (
        without(cursor, "scheduling_patient", is_checked=False, but=["patients_by_any_part"]),
        without(cursor, "scheduling_course", is_checked=False),
    ):
        cursor.execute(PEOPLE, numbers)
    cursor.execute(SESSIONS)
    with without(cursor, "scheduling_appointment", is_checked=False, but=EXCLUSIONS):
        cursor.execute(APPOINTMENTS, numbers)
    cursor.execute(DONE, numbers)
    with without(cursor, "scheduling_recall", is_checked=False):
        cursor.execute(RECALLS)
    with without(cursor, "scheduling_standing", is_checked=False):
        cursor.execute(STANDINGS)
    cursor.execute(NEXT_NUMBERS, numbers)
    cursor.execute("DROP TABLE treated, had")
    cursor.execute("ANALYZE")
    refresh_all(range(TWO_SKINS, patients + 1, TWO_SKINS))
    differences = list(_of(list(Patient.objects.order_by("pk")[:COMPARED])))
    assert not differences, differences[0]
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("CHECKPOINT; RESET maintenance_work_mem; RESET work_mem")
