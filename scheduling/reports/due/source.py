"""Where the report reads. For today that is the table of standings; for a later day the same, as seen from today.

For a past day the same columns are worked out from the history, as far as the appointments tell it: who was booked on that day and for
when, and what had been done by then, moves included. Not who was snoozed, had declined, or could be reached. Courses and cadences are
today's; a session counts from its own day, even if it was completed in the diary later, and one that was entered in error never was.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from scheduling.domain.cadence import RecallKind, Stage, add_months
from scheduling.domain.recalls import FIRST_DAY, LAST_DAY, RANKS, Cadence, ranges
from scheduling.reports.due.filters import Filters, Piece

# Seen from today, whoever is booked for a day before the one that is asked for is booked still.
STANDING = """
SELECT s.patient_id, s.recall_id, s.kind, s.treatment_id, s.location_id, s.practitioner_id, s.last_session_on, s.due_on,
       CASE WHEN s.went_by >= {today} THEN 'booked' ELSE s.stage END AS stage,
       CASE WHEN s.went_by >= {today} THEN s.went_by ELSE s.booked_on END AS booked_on,
       CASE WHEN s.went_by < {today} THEN s.went_by END AS went_by,
       s.hidden_until, s.reached_by, s.attempts, s.last_outcome, s.sort_name
  FROM scheduling_standing s
 WHERE s.stands_from <= {day} AND s.stands_until > {day}
"""

# A session that took place was booked until its day; one that was called off, until somebody said so; one that was moved stood where it
# was moved from. Names and how she is reached are today's, joined last: who only counts doesn't read them.
THEN = """
WITH moved AS (
     SELECT DISTINCT ON (m.appointment_id) m.appointment_id, (m.from_starts_at AT TIME ZONE l.time_zone)::date AS day
       FROM scheduling_move m
       JOIN scheduling_room room ON room.id = m.from_room_id
       JOIN scheduling_location l ON l.id = room.location_id
      WHERE (m.moved_at AT TIME ZONE l.time_zone)::date > {day}
      ORDER BY m.appointment_id, m.moved_at, m.id
), stood AS (
     SELECT a.*, lower(a.recovery) AS day
       FROM scheduling_appointment a
      WHERE a.during && tstzrange({day} - 2, NULL) AND NOT EXISTS (SELECT FROM moved WHERE moved.appointment_id = a.id)
      UNION ALL
     SELECT a.*, moved.day FROM moved JOIN scheduling_appointment a ON a.id = moved.appointment_id
), coming AS (
     SELECT a.patient_id, c.treatment_id, min(a.day) AS day
       FROM stood a
       JOIN scheduling_course c ON c.id = a.course_id
      WHERE a.day >= {day} AND (a.booked_at AT TIME ZONE a.time_zone)::date <= {day}
        AND (a.status IN ('booked', 'arrived') OR a.status = 'fulfilled' AND lower(a.recovery) > {day}
             OR a.status IN ('cancelled', 'noshow') AND (a.status_at AT TIME ZONE a.time_zone)::date > {day})
      GROUP BY 1, 2
)
SELECT r.*, NULL::date AS went_by, NULL::date AS hidden_until, coalesce(by_now.reached_by, '') AS reached_by, 0 AS attempts,
       '' AS last_outcome, coalesce(by_now.sort_name, '') AS sort_name
  FROM (SELECT DISTINCT ON (r.patient_id) r.*
          FROM (SELECT r.patient_id, r.id AS recall_id, r.kind, r.treatment_id, r.location_id, r.practitioner_id, r.last_session_on,
                       r.due_on, r.last_session_id, coming.day AS booked_on,
                       CASE WHEN coming.day IS NULL THEN 'open' ELSE 'booked' END AS stage
                  FROM scheduling_recall r
                  LEFT JOIN coming ON coming.patient_id = r.patient_id AND coming.treatment_id = r.treatment_id
                 WHERE r.last_session_on <= {day} AND (r.came_back_on IS NULL OR r.came_back_on > {day})
               ) r
         ORDER BY r.patient_id, CASE {ranks} END, r.due_on, r.last_session_id
       ) r
  LEFT JOIN scheduling_standing by_now ON by_now.patient_id = r.patient_id AND by_now.stands_from = {first_day}
"""

MONTHS_DIFFER = timedelta(days=3)  # 28 to 31 August are all six months before 28 February
NARROWING = {"location": "location_id", "practitioner": "practitioner_id", "treatment": "treatment_id"}
# In the order of which keys one of these alone has an index of its own.
LEADING = {"location": ("due_on", "last_session_on"), "practitioner": ("due_on", "last_session_on"), "treatment": ("due_on",)}


def source(as_of: date, today: date) -> str:
    """What stands behind FROM, as `s`."""
    if as_of >= today:
        return f"({STANDING.format(day=literal(as_of), today=literal(today))}) s"
    whens = (f"WHEN {_meets('r', one.stages, one.kind, one.first, one.last)} THEN {RANKS[one.bucket]}" for one in ranges(as_of))
    return f"({THEN.format(day=literal(as_of), first_day=literal(FIRST_DAY), ranks=' '.join(whens))}) s"


def condition(filters: Filters) -> str:
    """On the rows of `source`: all that the filters say."""
    pieces = [_meets("s", (piece.stage,), piece.kind, piece.first, piece.last) for piece in filters.pieces()]
    return " AND ".join([any_of(pieces), *narrowed(filters)])


@dataclass(frozen=True, slots=True)
class Rows:
    """A query of a piece's rows. `are_together`: in an index that is in the order asked for there is hardly another row between them.

    Where they aren't, and are few, they are found sorted by `found_by`. `span`: the first and the last day of the order's key, if those
    are days; `within_span` says so.
    """

    sql: str
    within_span: str
    are_together: bool
    found_by: str
    span: tuple[date, date] | None


def pieces_of(
    filters: Filters, today: date, key: str, reach: tuple[date, date] = (FIRST_DAY, LAST_DAY), cadences: Collection[Cadence] = ()
) -> Iterator[Rows]:
    """The same, where `source` is the table of standings: queries of its rows, for the order by `key`, within `reach` of its days.

    In the order of the last sessions they say, too, when those were, by the `cadences` that there are: an index is entered there.
    """
    standing = STANDING.format(day=literal(filters.as_of), today=literal(today))
    named = [name for name in NARROWING if getattr(filters, name) is not None]
    for piece in filters.pieces():
        due = piece.first, piece.last
        span = {"due_on": due, "last_session_on": sessions_of(piece, cadences)}.get(key)
        if span:
            span = max(span[0], reach[0]), min(span[1], reach[1])
            if span[0] > span[1]:
                continue
        within_span = f"s.{key} BETWEEN {literal(span[0])} AND {literal(span[1])}" if span else "TRUE"
        for stages, went_by in _standing_as(piece, filters.as_of, today):
            meets = _meets("s", stages, piece.kind, *due)
            led = bool(stages) and len(named) == 1 and key in LEADING[named[0]]
            yield Rows(
                " AND ".join([standing, meets, *went_by, *narrowed(filters)]),
                within_span,
                are_together=(not named or led) and (key != "sort_name" or due == (FIRST_DAY, LAST_DAY)),
                found_by="due_on" if stages or not {"location", "practitioner"} & {*named} else "went_by",
                span=span,
            )


def sessions_of(piece: Piece, cadences: Collection[Cadence]) -> tuple[date, date]:
    """The earliest and the latest day on which a session can have been that asks for the next within the piece's days, or a little more."""
    if not cadences:
        return FIRST_DAY, LAST_DAY
    if piece.kind is RecallKind.NEXT_SESSION:
        days = [cadence.recommended_within_days for cadence in cadences]
        first, last = piece.first - timedelta(days=max(days)), piece.last - timedelta(days=min(days))
    else:
        months = [cadence.maintenance_months for cadence in cadences]
        first, last = add_months(piece.first, -max(months)), add_months(piece.last, -min(months)) + MONTHS_DIFFER
    return (first if piece.first > FIRST_DAY else FIRST_DAY), (last if piece.last < LAST_DAY else LAST_DAY)


def narrowed(filters: Filters) -> Iterator[str]:
    """All but the buckets and the dates."""
    for name, column in NARROWING.items():
        if (value := getattr(filters, name)) is not None:
            yield f"s.{column} = {int(value)}"


def within(filters: Filters) -> Iterator[str]:
    """The dates alone."""
    if filters.due_from:
        yield f"s.due_on >= {literal(filters.due_from)}"
    if filters.due_until:
        yield f"s.due_on <= {literal(filters.due_until)}"


def _standing_as(piece: Piece, as_of: date, today: date) -> Iterator[tuple[Collection[Stage], list[str]]]:
    """The stages that look like the piece's as seen from today, and what must hold for them about the last day that was booked."""
    if as_of == today:
        yield (piece.stage,), []
        return
    yield (piece.stage,), [f"(s.went_by IS NULL OR s.went_by < {literal(today)})"]
    if piece.stage is Stage.BOOKED:
        yield (), [f"s.went_by >= {literal(today)}", f"s.went_by < {literal(as_of)}"]


def _meets(alias: str, stages: Collection[Stage], kind: RecallKind | None, first: date, last: date) -> str:
    """At any stage where none is named."""
    said = [f"{alias}.stage IN ({', '.join(repr(stage.value) for stage in stages)})"] if stages else []
    if kind:
        said.append(f"{alias}.kind = {kind.value!r}")
    return " AND ".join([*said, f"{alias}.due_on BETWEEN {literal(first)} AND {literal(last)}"])


def any_of(conditions: Iterable[str]) -> str:
    return f"({' OR '.join(conditions) or 'FALSE'})"


def literal(day: date) -> str:
    return f"DATE '{day.isoformat()}'"
