"""What is on at a location: its people or its rooms, on one day or on several, on the location's own clock."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils.translation import gettext as _

from scheduling.domain.states import BLOCKING, Status
from scheduling.domain.wall import WHOLE_DAY, Span, both, minutes, on_wall, quarters, skipped, without
from scheduling.models import Absence, Appointment, Closure, Location, OpeningHours, Practitioner, Room, WorkingHours
from scheduling.models.places import WeeklyHours
from scheduling.reports.board.shapes import AWAY, CLOSED, ELSEWHERE, Block, Board, By, Cell, Entry, Resource
from scheduling.services.booking import FARTHEST, GRACE

LATE_AFTER = timedelta(minutes=10)
USUAL = Span(8 * 60, 20 * 60)  # the hours shown of a location that names none


def board(location: Location, days: Sequence[date], by: By, *, who: int | None = None, now: datetime) -> Board:
    """Days of the location's calendar, one after the other; with `who`, of this practitioner or this room only.

    A query each for the columns, opening hours, closures and appointments, and two for a practitioner's hours and absences, however much
    is booked.
    """
    here = now.astimezone(location.zone)
    start, end = _midnight(location, days[0]), _midnight(location, days[-1] + timedelta(days=1))
    during = DateTimeTZRange(start, end)
    resources = _resources(location, by)
    if who is not None:
        resources = [resource for resource in resources if resource.pk == who]
    booked = _booked(location, by, resources, who, during)
    known = {resource.pk for resource in resources}
    for row in booked:  # somebody who has left, or a room out of use, stays on the board for what is booked there
        pk, name = _column_of(row, by)
        if row["location_id"] == location.pk and pk not in known:
            known.add(pk)
            resources.append(Resource(pk, name))
    opening = list(OpeningHours.objects.filter(location=location))
    closures = list(Closure.objects.filter(location=location, starts_on__lte=days[-1], ends_on__gte=days[0]))
    working, absences = _shifts(location, by, resources, during)
    closed = {day: why for day in days if (why := _why_closed(day, opening, closures))}
    cells = {}
    for resource in resources:
        for day in days:
            cell = cells[resource.pk, day] = Cell(resource, day)
            is_open = [] if day in closed else _spans(opening, day, otherwise=[WHOLE_DAY])
            cell.hours = both(is_open, _spans(working[resource.pk], day, otherwise=[WHOLE_DAY]))
            if day in closed:
                cell.blocks.append(Block(WHOLE_DAY, closed[day], CLOSED))
            cell.blocks += [Block(span, _("The clock is set forward"), CLOSED) for span in skipped(day, location.zone)]
            cell.blocks += [
                Block(span, absence.reason or _("Away"), AWAY)
                for absence in absences[resource.pk]
                if (span := on_wall(absence.during.lower, absence.during.upper, day, location.zone))
            ]
    for row in booked:
        _put(row, cells, location, by, here)
    for cell in cells.values():
        cell.free = list(_free(cell, here))
    frame = _frame(days, opening, working, cells.values())
    return Board(location, days, by, resources, cells, frame, closed, here)


def _midnight(location: Location, day: date) -> datetime:
    return datetime.combine(day, time.min, location.zone)


def _resources(location: Location, by: By) -> list[Resource]:
    found = Practitioner.objects.filter(locations=location) if by is By.PRACTITIONER else Room.objects.filter(location=location)
    return [Resource(pk, name) for pk, name in found.filter(is_active=True).order_by("name", "pk").values_list("pk", "name")]


def _booked(location: Location, by: By, resources: Iterable[Resource], who: int | None, during: DateTimeTZRange) -> list[dict[str, Any]]:
    """By practitioner, also what they do at other locations: nobody can be at two of them."""
    where = Q(location=location) if who is None else Q(location=location, **{f"{by}_id": who})
    if by is By.PRACTITIONER:
        where |= Q(practitioner__in=[resource.pk for resource in resources])
    rows: Iterable[Any] = (
        Appointment.objects.filter(where, during__overlap=during, status__in=[*BLOCKING, Status.NOSHOW])
        .order_by("during", "pk")
        .values(
            "pk",
            "during",
            "duration_minutes",
            "status",
            "confirmed_at",
            "move_requested_at",
            "location_id",
            "location__name",
            "patient__first_name",
            "patient__last_name",
            "course__treatment__name",
            "practitioner_id",
            "practitioner__name",
            "room_id",
            "room__name",
        )
    )
    return list(rows)


def _column_of(row: dict[str, Any], by: By) -> tuple[int, str]:
    return row[f"{by}_id"], row[f"{by}__name"]


def _shifts(
    location: Location, by: By, resources: Iterable[Resource], during: DateTimeTZRange
) -> tuple[dict[int, list[WorkingHours]], dict[int, list[Absence]]]:
    working: dict[int, list[WorkingHours]] = defaultdict(list)
    absences: dict[int, list[Absence]] = defaultdict(list)
    if by is By.PRACTITIONER:
        people = [resource.pk for resource in resources]
        for hours in WorkingHours.objects.filter(location=location, practitioner__in=people):
            working[hours.practitioner_id].append(hours)
        for absence in Absence.objects.filter(practitioner__in=people, during__overlap=during):
            absences[absence.practitioner_id].append(absence)
    return working, absences


def _why_closed(day: date, opening: Sequence[OpeningHours], closures: Iterable[Closure]) -> str:
    for closure in closures:
        if closure.starts_on <= day <= closure.ends_on:
            return _("Closed: %(reason)s") % {"reason": closure.reason}
    if opening and not any(hours.weekday == day.weekday() for hours in opening):
        return _("Closed on %(weekday)ss") % {"weekday": f"{day:%A}"}
    return ""


def _spans(hours: Sequence[WeeklyHours], day: date, otherwise: list[Span]) -> list[Span]:
    """Those of its weekday; `otherwise` where no hours at all are given."""
    if not hours:
        return otherwise
    return [Span(minutes(span.opens_at), minutes(span.closes_at)) for span in hours if span.weekday == day.weekday()]


def _put(row: dict[str, Any], cells: dict[tuple[int, date], Cell], location: Location, by: By, here: datetime) -> None:
    zone = location.zone
    starts_at, until = row["during"].lower, row["during"].upper
    ends_at = starts_at + timedelta(minutes=row["duration_minutes"])
    day, last = starts_at.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        cell = cells.get((_column_of(row, by)[0], day))
        taken = on_wall(starts_at, until, day, zone) if cell else None
        if cell and taken:
            session = on_wall(starts_at, ends_at, day, zone)
            if row["location_id"] != location.pk:
                if row["status"] in BLOCKING:
                    cell.blocks.append(Block(taken, _("At %(location)s") % {"location": row["location__name"]}, ELSEWHERE))
            elif session:
                cell.entries.append(_entry(row, starts_at.astimezone(zone), ends_at.astimezone(zone), session, taken.end, here))
        day += timedelta(days=1)


def _entry(row: dict[str, Any], starts_at: datetime, ends_at: datetime, session: Span, until: int, here: datetime) -> Entry:
    return Entry(
        pk=row["pk"],
        patient=f"{row['patient__first_name']} {row['patient__last_name']}",
        treatment=row["course__treatment__name"],
        practitioner=Resource(row["practitioner_id"], row["practitioner__name"]),
        room=Resource(row["room_id"], row["room__name"]),
        starts_at=starts_at,
        ends_at=ends_at,
        status=Status(row["status"]),
        is_confirmed=row["confirmed_at"] is not None,
        asked_to_move=row["move_requested_at"] is not None,
        is_late=row["status"] == Status.BOOKED and starts_at + LATE_AFTER < here,
        span=session,
        until=until,
    )


def _free(cell: Cell, here: datetime) -> Iterable[int]:
    earliest, latest = here - GRACE, here + FARTHEST
    if not earliest.date() <= cell.day <= latest.date():
        return []
    taken = [block.span for block in cell.blocks]
    taken += [Span(entry.span.start, entry.until) for entry in cell.entries if entry.status in BLOCKING]
    free = quarters(without(cell.hours, taken))
    return [start for start in free if start >= minutes(earliest.time())] if cell.day == earliest.date() else free


def _frame(days: Sequence[date], opening: Sequence[OpeningHours], working: dict[int, list[WorkingHours]], cells: Iterable[Cell]) -> Span:
    """From the first to the last hour of interest: opening hours, of another day where these have none, and what is booked outside them."""
    hours = [span for day in days for span in _spans(opening, day, otherwise=[])]
    if not hours:
        hours = [Span(minutes(span.opens_at), minutes(span.closes_at)) for span in opening] or [USUAL]
    if not opening:
        at_work = [span for own in working.values() for day in days for span in _spans(own, day, otherwise=[])]
        hours = at_work or hours
    shown = hours + [Span(entry.span.start, max(entry.until, entry.span.end)) for cell in cells for entry in cell.entries]
    first, last = min(span.start for span in shown), max(span.end for span in shown)
    return Span(first // 60 * 60, min(WHOLE_DAY.end, -(-last // 60) * 60))
