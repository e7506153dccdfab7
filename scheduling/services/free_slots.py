"""When a session could start: what is open and at work, less what is taken, cut into quarter hours. PostgreSQL does it, on ranges."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone
from django.utils.timezone import localdate

from scheduling.domain.clock import offsets
from scheduling.domain.states import Status
from scheduling.models import Appointment, Course, Location, Patient, Practitioner, Room, Treatment
from scheduling.services.booking import FARTHEST

MOST_DAYS = 400
MOST_SLOTS = 10_000
DAY = timedelta(days=1)

# Every range is one of starts, not of sessions: an hour's session between nine and twelve starts from 9:00 to 11:00, and one that keeps
# out of the way of what is booked from 13:00 to 14:15 doesn't start after 11:45 and before 14:15, its turnaround counted. So hours that
# touch don't run together, as `require_open` has it, and each rule is a union, an intersection or a difference of multiranges.
FREE_SLOTS = """
WITH offered AS MATERIALIZED (
    SELECT id, rank FROM unnest(%(practitioners)s::bigint[]) WITH ORDINALITY AS practitioner (id, rank)
),
shut AS MATERIALIZED (  -- days on which the location is closed, and those whose recovery would touch that of another session (F19)
    SELECT COALESCE(range_agg(span), '{}') AS days
      FROM (SELECT daterange(starts_on, ends_on, '[]') FROM scheduling_closure WHERE location_id = %(location)s
            UNION ALL
            SELECT daterange(lower(recovery) - %(interval)s + 1, upper(recovery))
              FROM scheduling_appointment
             WHERE patient_id = %(patient)s AND skin_area = %(skin_area)s AND status IN ('booked', 'arrived', 'fulfilled')
               AND (%(instead_of)s::bigint IS NULL OR id <> %(instead_of)s)
           ) AS span (span)
),
clock AS MATERIALIZED (  -- how far it is from UTC, from when to when
    SELECT during, make_interval(secs => seconds) AS distance,
           tstzrange(lower(during) - %(session)s, upper(during) - %(session)s) AS ends_during
      FROM unnest(%(offsets)s::tstzrange[], %(distances)s::float[]) AS piece (during, seconds)
),
day AS MATERIALIZED (  -- one on which the clock changes is there once for each distance from UTC at a session's start and at its end
    SELECT day::timestamp AS day, extract(isodow FROM day)::int - 1 AS weekday, at_start.distance AS at_start, at_end.distance AS at_end,
           starts
      FROM shut,
           LATERAL (SELECT %(from_date)s::date + generate_series(0, %(days)s - 1) AS day) AS days,
           clock AS at_start,
           clock AS at_end,
           LATERAL (SELECT at_start.during * at_end.ends_during * tstzrange(
                               day::timestamp AT TIME ZONE at_start.distance, (day + 1)::timestamp AT TIME ZONE at_start.distance)
                   ) AS start (starts)
     WHERE NOT day <@ shut.days AND NOT isempty(starts)
),
always AS MATERIALIZED (
    SELECT COALESCE(range_agg(starts), '{}') AS starts FROM day
),
hours AS (  -- the location's own under 0, each practitioner's under hers
    SELECT 0 AS whose, weekday, opens_at, closes_at FROM scheduling_openinghours WHERE location_id = %(location)s
    UNION ALL
    SELECT practitioner_id, weekday, opens_at, closes_at FROM scheduling_workinghours WHERE location_id = %(location)s
),
within AS MATERIALIZED (
    SELECT whose, COALESCE(range_agg(
               starts * tstzrange((day + opens_at) AT TIME ZONE at_start, NULL)
               * tstzrange(NULL, (day + closes_at) AT TIME ZONE at_end - %(session)s, '[]')), '{}') AS starts
      FROM hours LEFT JOIN day USING (weekday)
     GROUP BY whose
),
busy AS MATERIALIZED (
    SELECT offered.id,
           (SELECT range_agg(tstzrange(lower(span) - %(occupied)s, upper(span), '()'))
              FROM (SELECT unnest(range_agg(during)) AS span
                      FROM scheduling_appointment
                     WHERE practitioner_id = offered.id AND during && %(period)s AND status IN ('booked', 'arrived', 'fulfilled')
                       AND (%(instead_of)s::bigint IS NULL OR id <> %(instead_of)s)) AS taken) AS starts,
           (SELECT range_agg(tstzrange(lower(during) - %(session)s, upper(during), CASE WHEN upper_inc(during) THEN '(]' ELSE '()' END))
              FROM scheduling_absence
             WHERE practitioner_id = offered.id AND during && %(period)s) AS away
      FROM offered
),
room AS MATERIALIZED (
    SELECT room.rank, COALESCE((
               SELECT range_agg(tstzrange(lower(span) - %(occupied)s, upper(span), '()'))
                 FROM (SELECT unnest(range_agg(during)) AS span
                         FROM scheduling_appointment
                        WHERE room_id = room.id AND during && %(period)s AND status IN ('booked', 'arrived', 'fulfilled')
                          AND (%(instead_of)s::bigint IS NULL OR id <> %(instead_of)s)) AS taken), '{}') AS taken
      FROM unnest(%(rooms)s::bigint[]) WITH ORDINALITY AS room (id, rank)
),
nowhere AS MATERIALIZED (  -- when every room is taken, and when the patient is somewhere else
    SELECT COALESCE((SELECT range_intersect_agg(taken) FROM room), '{(,)}') + COALESCE(
               (SELECT range_agg(tstzrange(lower(during) - %(occupied)s, upper(during), '()'))
                  FROM scheduling_appointment
                 WHERE patient_id = %(patient)s AND during && %(period)s AND status IN ('booked', 'arrived', 'fulfilled')
                   AND (%(instead_of)s::bigint IS NULL OR id <> %(instead_of)s)), '{}') AS starts
),
free AS (  -- in quarter hours since 1970
    SELECT offered.rank,
           (CASE WHEN lower_inc(span) THEN ceil(begins) ELSE floor(begins) + 1 END)::bigint AS first,
           (CASE WHEN upper_inc(span) THEN floor(ends) ELSE ceil(ends) - 1 END)::bigint AS last
      FROM offered CROSS JOIN always CROSS JOIN nowhere
           LEFT JOIN within AS opening ON opening.whose = 0
           LEFT JOIN within AS working ON working.whose = offered.id
           LEFT JOIN busy ON busy.id = offered.id,
           unnest(
               COALESCE(opening.starts, always.starts) * COALESCE(working.starts, always.starts) * tstzmultirange(%(wanted)s)
               - COALESCE(busy.starts, '{}') - COALESCE(busy.away, '{}') - nowhere.starts
           ) AS span,
           LATERAL (SELECT extract(epoch FROM lower(span)) / 900, extract(epoch FROM upper(span)) / 900) AS quarter (begins, ends)
)
SELECT starts_at, slot.rank, (SELECT min(room.rank) FROM room WHERE NOT starts_at <@ room.taken)
  FROM (SELECT to_timestamp(quarter * 900) AS starts_at, rank
          FROM (SELECT * FROM free WHERE first <= last ORDER BY first, rank LIMIT %(limit)s) AS earliest,  -- each has one at least
               generate_series(first, least(last, first + %(limit)s - 1)) AS quarter
         ORDER BY starts_at, rank
         LIMIT %(limit)s
       ) AS slot
 ORDER BY starts_at, slot.rank
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which `book` would take the patient; `room` is the first by name that is free then."""

    starts_at: datetime
    practitioner: Practitioner
    room: Room


def free_slots(
    *,
    treatment: Treatment,
    location: Location,
    from_date: date,
    days: int,
    patient: Patient | None = None,
    practitioner: Practitioner | None = None,
    limit: int = 20,
    instead_of: Appointment | None = None,
    now: datetime | None = None,
) -> list[Slot]:
    """The first `limit` slots on the clinic-local days from `from_date` on, by time, then by the practitioner's name; none is past.

    A slot starts on a quarter of an hour and keeps to all that `book` holds: hours, closures, absences, turnaround, everybody's
    appointments, and, of `patient`, her own and her skin's interval in both directions (F19). `instead_of` is an appointment that is
    being moved: in nobody's way, and as long as it was booked. No more than 400 days and 10,000 slots are looked for.
    """
    now = now or timezone.now()
    first_on = max(from_date, localdate(now, location.zone))
    days = min(days - (first_on - from_date).days, MOST_DAYS)
    limit = min(limit, MOST_SLOTS)
    if days < 1 or limit < 1 or first_on > localdate(now + FARTHEST, location.zone):
        return []
    offered = Practitioner.objects.filter(is_active=True, treatments=treatment, locations=location).order_by("name", "pk")
    practitioners = list(offered.filter(pk=practitioner.pk) if practitioner else offered)
    rooms = list(Room.objects.filter(location=location, is_active=True).order_by("name", "pk"))
    if not practitioners or not rooms:
        return []
    minutes, interval, patient_id = _of_the_session(treatment, patient, instead_of)
    session, turnaround = timedelta(minutes=minutes), timedelta(minutes=treatment.turnaround_minutes)
    wanted = _wanted(now, instead_of)
    begins_at = datetime.combine(first_on, time(), UTC) - DAY
    ends_at = begins_at + (days + 2) * DAY + session
    pieces = offsets(location.zone, begins_at, ends_at)
    asked = {
        "practitioners": [one.pk for one in practitioners],
        "rooms": [room.pk for room in rooms],
        "location": location.pk,
        "patient": patient_id,
        "skin_area": treatment.skin_area,
        "interval": interval,
        "instead_of": instead_of.pk if instead_of else None,
        "from_date": first_on,
        "days": days,
        "offsets": [DateTimeTZRange(piece.starts_at, piece.ends_at) for piece in pieces],
        "distances": [piece.distance.total_seconds() for piece in pieces],
        "session": session,
        "occupied": session + turnaround,
        "wanted": wanted,
        "period": DateTimeTZRange(max(begins_at, wanted.lower), ends_at + turnaround),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(FREE_SLOTS, asked)
        rows = cursor.fetchall()
    for room in rooms:
        room.location = location
    return [Slot(starts_at, practitioners[who - 1], rooms[where - 1]) for starts_at, who, where in rows]


def _of_the_session(treatment: Treatment, patient: Patient | None, instead_of: Appointment | None) -> tuple[int, int, int | None]:
    """Its minutes, its interval in days, and whose it is."""
    if instead_of:
        return instead_of.duration_minutes, instead_of.minimum_interval_days, instead_of.patient_id
    if patient is None:
        return treatment.duration_minutes, treatment.minimum_interval_days, None
    course = Course.objects.filter(patient=patient, treatment=treatment, ended_at=None).first()
    return treatment.duration_minutes, (course or treatment).minimum_interval_days, patient.pk


def _wanted(now: datetime, instead_of: Appointment | None) -> DateTimeTZRange:
    """When a session may start: within the time that `book` takes, and of somebody who is there already on the same day."""
    if instead_of is None or instead_of.status != Status.ARRIVED:
        return DateTimeTZRange(now, now + FARTHEST, "[]")
    next_day = datetime.combine(instead_of.local_day + DAY, time(), instead_of.zone)
    return DateTimeTZRange(now, max(now, next_day))
