"""What the first page shows: the clinic's work today, as far as this person may see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.models import CareMessage
from clinic.navigation import address
from notifications.models import Alarm
from scheduling.domain.cadence import Bucket
from scheduling.domain.states import BLOCKING, COMING, Status
from scheduling.errors import TooSlow
from scheduling.models import Appointment, Location
from scheduling.reports import maintenance_due

SHOWN = 10
DONE_SHOWN = 2  # above what is still to come
LATE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that leads somewhere. A pressing one asks for somebody's attention."""

    name: str
    count: int | None  # None: it can't be told just now
    detail: str
    url: str = ""
    is_pressing: bool = False
    is_alarm: bool = False  # a banner above the others


@dataclass(frozen=True, slots=True)
class Row:
    """An appointment on the day's list, its time on the clock of its own location."""

    appointment: Appointment
    starts_at: datetime
    is_late: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    greeting: str
    day: date
    tiles: Sequence[Tile]
    rows: Sequence[Row] | None  # None: this person doesn't see the diary
    more: int  # still to come today, and not among the rows
    has_several_locations: bool


def dashboard(user: User | AnonymousUser, now: datetime) -> Dashboard:
    """The same number of queries, however busy the day."""
    zones = [location.zone for location in Location.objects.all()]
    here = timezone.localtime(now, zones[0] if zones else None)
    tiles: list[Tile] = []
    rows: list[Row] | None = None
    more = 0
    if user.has_perm("scheduling.view_appointment"):
        day = list(_todays(zones, now))
        rows, more = _rows(day, now)
        tiles += [_today_tile(day), _open_tile(zones, now)]
    if user.has_perm("scheduling.view_maintenance_due"):
        tiles += _due_tiles(here.date())
    if user.has_perm("aftercare.view_caremessage"):
        tiles += _messages_tiles(now)
    if user.has_perm("notifications.view_alarm"):
        tiles = _alarm_tiles() + tiles
    return Dashboard(_greeting(here.time()), here.date(), tiles, rows, more, len(zones) > 1)


def _greeting(clock: time) -> str:
    if clock < time(12):
        return _("Good morning")
    return _("Good afternoon") if clock < time(18) else _("Good evening")


def _midnight(zone: ZoneInfo, now: datetime, days: int = 0) -> datetime:
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time.min, zone)


def _todays(zones: Sequence[ZoneInfo], now: datetime) -> Any:
    """Today is each location's own day."""
    today = Q(pk=None)
    for zone in set(zones):
        start, end = _midnight(zone, now), _midnight(zone, now, 1)
        # The overlap is what the index knows; an appointment belongs to the day on which it starts.
        today |= Q(time_zone=zone.key, during__overlap=DateTimeTZRange(start, end), during__startswith__gte=start)
    return (
        Appointment.objects.filter(today, status__in=[*BLOCKING, Status.NOSHOW])
        .select_related("patient", "practitioner", "room", "location", "course__treatment")
        .order_by("during", "pk")
    )


def _rows(day: Sequence[Appointment], now: datetime) -> tuple[list[Row], int]:
    """What is still to come, below the last that is done; or, in the evening, what was done. And how many more are to come."""
    coming = [appointment for appointment in day if appointment.status in COMING]
    done = [appointment for appointment in day if appointment.status not in COMING]
    shown = [*done[-DONE_SHOWN:], *coming[: SHOWN - DONE_SHOWN]] if coming else done[-SHOWN:]
    rows = [_row(appointment, now) for appointment in sorted(shown, key=lambda appointment: appointment.starts_at)]
    return rows, max(0, len(coming) - (SHOWN - DONE_SHOWN))


def _row(appointment: Appointment, now: datetime) -> Row:
    is_late = appointment.status == Status.BOOKED and appointment.starts_at + LATE_AFTER < now
    is_done = appointment.status not in COMING
    return Row(appointment, appointment.starts_at.astimezone(appointment.zone), is_late, is_done)


def _today_tile(day: Sequence[Appointment]) -> Tile:
    counts = Counter(appointment.status for appointment in day)
    said = [
        _("%(count)s to come") % {"count": counts[Status.BOOKED]},
        _("%(count)s arrived") % {"count": counts[Status.ARRIVED]},
        _("%(count)s completed") % {"count": counts[Status.FULFILLED]},
    ]
    url = address("admin:scheduling_appointment_changelist")
    return Tile(_("Appointments today"), len(day) - counts[Status.NOSHOW], " · ".join(said), f"{url}?when=today" if url else "")


def _open_tile(zones: Sequence[ZoneInfo], now: datetime) -> Tile:
    """Sessions of past days that nobody has completed: their patients get no aftercare."""
    past = Q(pk=None)
    for zone in set(zones):
        past |= Q(time_zone=zone.key, during__startswith__lt=_midnight(zone, now))
    count = Appointment.objects.coming().filter(past).count()
    url = address("admin:scheduling_appointment_changelist")
    detail = _("Complete them, or mark a no-show: aftercare waits for it.") if count else _("Every past session is completed or closed.")
    return Tile(_("Left open"), count, detail, f"{url}?when=past" if url else "", count > 0)


def _due_tiles(as_of: date) -> list[Tile]:
    try:
        counts = Counter(row.bucket for row in maintenance_due(as_of))
    except TooSlow:
        counts = None
    url = address("admin:maintenance_due")

    def tile(name: str, due: Bucket, overdue: Bucket) -> Tile:
        if counts is None:
            return Tile(name, None, _("Counting takes too long just now."), url)
        late = counts[overdue]
        detail = ngettext("%(count)s of them is overdue", "%(count)s of them are overdue", late) % {"count": late}
        return Tile(name, counts[due] + late, detail if late else _("Nobody is overdue."), url)

    return [
        tile(_("Next session due or overdue"), Bucket.NEXT_SESSION_DUE, Bucket.NEXT_SESSION_OVERDUE),
        tile(_("Maintenance due or overdue"), Bucket.MAINTENANCE_DUE, Bucket.MAINTENANCE_OVERDUE),
    ]


def _messages_tiles(now: datetime) -> list[Tile]:
    ledger = address("admin:aftercare_caremessage_changelist")
    replies, wrong = CareMessage.objects.to_read().count(), CareMessage.objects.gone_wrong(now).count()
    to_read = _("Patients wait for an answer.") if replies else _("Every reply has been read.")
    failed = _("Failed, late or uncertain, or no way to send them.") if wrong else _("Nothing went wrong in 7 days.")
    return [
        Tile(_("Replies to read"), replies, to_read, f"{ledger}?look=replies" if ledger else "", replies > 0),
        Tile(_("Messages to look at"), wrong, failed, f"{ledger}?look=wrong" if ledger else "", wrong > 0),
    ]


def _alarm_tiles() -> list[Tile]:
    """Only while there is something to mend."""
    explanations = list(Alarm.objects.filter(cleared_at=None).values_list("explanation", flat=True))
    if not explanations:
        return []
    url = address("admin:notifications_alarm_changelist")
    return [Tile(_("Alarms open"), len(explanations), capfirst(explanations[0]), f"{url}?standing=open" if url else "", is_alarm=True)]
