"""What the first page shows: the clinic's work today, as far as this person may see it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.models import CareMessage
from aftercare.reports import Urgent, Waiting, locations_without_anybody_on_call, urgent_open, waiting
from clinic.first_steps import Step, first_steps
from clinic.navigation import address
from notifications.models import Alarm
from scheduling.domain.cadence import Bucket, due_soon_until
from scheduling.domain.states import BLOCKING, COMING, Status
from scheduling.errors import TooSlow
from scheduling.models import Appointment, Location, Offer, WaitlistEntry
from scheduling.models.recalls import MAY_CALL, MAY_SEE_REPORT
from scheduling.querysets import SPANS, asked_to_move, starting_within, unconfirmed
from scheduling.reports import Filters
from scheduling.reports import tiles as due_tiles
from scheduling.reports.due import matching

SHOWN = 10
DONE_SHOWN = 2  # above what is still to come
LATE_AFTER = timedelta(minutes=10)

URGENT, ALARMS, DIARY, CARE = BANDS = "urgent", "alarms", "diary", "care"  # from above


@dataclass(frozen=True, slots=True)
class Tile:
    """A count that leads somewhere. A pressing one asks for somebody's attention."""

    band: str  # the tiles of a band stand in one row
    name: str
    count: int | None  # None: it can't be told just now
    detail: str
    url: str = ""
    is_pressing: bool = False

    @property
    def is_alarm(self) -> bool:
        return self.band in (URGENT, ALARMS)


@dataclass(frozen=True, slots=True)
class Row:
    """An appointment on the day's list. `starts_at` is on the clock of its own location, without a zone: a template would turn it into
    the server's."""

    appointment: Appointment
    starts_at: datetime
    is_late: bool
    is_done: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    greeting: str
    day: date
    first_steps: Sequence[Step] | None  # None: the clinic is set up
    tiles: Sequence[Tile]
    rows: Sequence[Row] | None  # None: this person doesn't see the diary
    more: int  # still to come today, and not among the rows
    has_several_locations: bool


def dashboard(user: User | AnonymousUser, now: datetime) -> Dashboard:
    """The same number of queries, however busy the day."""
    locations = list(Location.objects.all())
    zones = [location.zone for location in locations]
    here = timezone.localtime(now, zones[0] if zones else None)
    tiles: list[Tile] = []
    rows: list[Row] | None = None
    more = 0
    if user.has_perm("notifications.view_alarm"):
        tiles += _alarm_tiles()
    if user.has_perm("aftercare.change_oncallcontact"):
        tiles += _on_call_tiles(locations)
    if user.has_perm("scheduling.view_appointment"):
        day = list(_todays(zones, now))
        rows, more = _rows(day, now)
        tiles += [_today_tile(day), *_open_tiles(zones, now)]
    if user.has_perm("scheduling.view_waitlistentry"):
        tiles += _waitlist_tiles()
    if user.has_perm("aftercare.view_caremessage"):
        tiles += _messages_tiles(user, now, has_several_locations=len(locations) > 1)
    if user.has_perm(MAY_SEE_REPORT):
        tiles += _due_tiles(timezone.localtime(now).date())
    elif user.has_perms(MAY_CALL):
        tiles.append(_to_call_tile(timezone.localtime(now).date()))
    tiles.sort(key=lambda tile: BANDS.index(tile.band))
    return Dashboard(_greeting(here.time()), here.date(), first_steps(user, locations), tiles, rows, more, len(zones) > 1)


def _greeting(clock: time) -> str:
    if clock < time(12):
        return _("Good morning")
    return _("Good afternoon") if clock < time(18) else _("Good evening")


def _todays(zones: Sequence[ZoneInfo], now: datetime) -> Any:
    """Today is each location's own day."""
    return (
        Appointment.objects.filter(starting_within(zones, now, *SPANS["today"]), status__in=[*BLOCKING, Status.NOSHOW])
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
    return Row(appointment, appointment.starts_at.astimezone(appointment.zone).replace(tzinfo=None), is_late, is_done)


def _today_tile(day: Sequence[Appointment]) -> Tile:
    counts = Counter(appointment.status for appointment in day)
    said = [
        _("%(count)s to come") % {"count": counts[Status.BOOKED]},
        _("%(count)s arrived") % {"count": counts[Status.ARRIVED]},
        _("%(count)s completed") % {"count": counts[Status.FULFILLED]},
    ]
    return Tile(DIARY, _("Appointments today"), len(day) - counts[Status.NOSHOW], " · ".join(said), _diary("when=today&status=on"))


def _open_tiles(zones: Sequence[ZoneInfo], now: datetime) -> list[Tile]:
    """What the front desk still has to see to. Past sessions that nobody has completed: their patients get no aftercare."""
    tomorrow, past = (starting_within(zones, now, *SPANS[span]) for span in ("tomorrow", "past"))
    count = Appointment.objects.coming().aggregate(
        unconfirmed=Count("pk", filter=unconfirmed() & tomorrow), asked=Count("pk", filter=asked_to_move()), open=Count("pk", filter=past)
    )
    silent = _("They haven’t said yet that they come.") if count["unconfirmed"] else _("Nobody to remind.")
    asked = _("They need another time.") if count["asked"] else _("Nobody has asked.")
    left = (
        _("Complete them, or mark a no-show; who was checked in by mistake is “Not here yet” first.")
        if count["open"]
        else _("Every past session is closed.")
    )
    return [
        Tile(DIARY, _("Unconfirmed tomorrow"), count["unconfirmed"], silent, _diary("when=tomorrow&answer=none")),
        Tile(DIARY, _("Asked to move"), count["asked"], asked, _diary("answer=move"), count["asked"] > 0),
        Tile(DIARY, _("Left open"), count["open"], left, _diary("when=past&status=open"), count["open"] > 0),
    ]


def _diary(query: str) -> str:
    url = address("admin:scheduling_appointment_changelist")
    return f"{url}?{query}" if url else ""


def _waitlist_tiles() -> list[Tile]:
    url = address("admin:scheduling_waitlistentry_changelist")
    if not url:
        return []
    open_offers = Q(offer__outcome=Offer.Outcome.OPEN)  # one at a time for each, so that nobody counts twice
    count = WaitlistEntry.objects.filter(status=WaitlistEntry.Status.WAITING).aggregate(
        waiting=Count("pk", distinct=True), offered=Count("offer", filter=open_offers)
    )
    said = ngettext("%(count)s time is offered right now.", "%(count)s times are offered right now.", count["offered"])
    detail = said % {"count": count["offered"]} if count["offered"] else _("No time is offered right now.")
    return [Tile(DIARY, _("On the waitlist"), count["waiting"], detail, url)]


def _due_tiles(as_of: date) -> list[Tile]:
    """Of those who are late, or due soon enough to be asked back."""
    try:
        counts = {tile.bucket: tile.soon for tile in due_tiles(Filters(as_of))}
    except TooSlow:
        counts = None

    def tile(name: str, due: Bucket, overdue: Bucket) -> Tile:
        url = address("admin:maintenance_due")
        url = f"{url}?bucket={overdue.value}&bucket={due.value}&due_until={due_soon_until(as_of)}" if url else ""
        if counts is None:
            return Tile(CARE, name, None, _("Counting takes too long just now."), url)
        late = counts[overdue]
        detail = ngettext("%(count)s of them is overdue.", "%(count)s of them are overdue.", late) % {"count": late}
        return Tile(CARE, name, counts[due] + late, detail if late else _("Nobody is overdue."), url)

    return [
        tile(_("Next session due"), Bucket.NEXT_SESSION_DUE, Bucket.NEXT_SESSION_OVERDUE),
        tile(_("Maintenance due"), Bucket.MAINTENANCE_DUE, Bucket.MAINTENANCE_OVERDUE),
    ]


def _to_call_tile(as_of: date) -> Tile:
    """Of those who make the calls and don't see the report."""
    name, url = _("To call"), address("admin:calls")
    try:
        number, _worth = matching(due_tiles(Filters(as_of)), Filters.to_call(as_of))
    except TooSlow:
        return Tile(CARE, name, None, _("Counting takes too long just now."), url)
    return Tile(CARE, name, number, _("Late, or due within 30 days.") if number else _("Nobody is to be called."), url)


def _messages_tiles(user: User | AnonymousUser, now: datetime, *, has_several_locations: bool) -> list[Tile]:
    """The concerns before everything else while an urgent one is open."""
    inbox, ledger = address("admin:inbox"), address("admin:aftercare_caremessage_changelist")
    count, wrong = waiting(now), CareMessage.objects.gone_wrong(now).count()
    failed = _("Failed, late or uncertain, or no way to send them.") if wrong else _("Nothing went wrong in 7 days.")
    tiles = []
    if user.has_perm("aftercare.view_concern"):
        urgent, url = urgent_open(), f"{inbox}?show=concerns" if inbox else ""
        said = _urgent(urgent, count, now, has_several_locations) if urgent.count else _taken(count)
        tiles.append(Tile(URGENT if urgent.count else CARE, _("Concerns open"), count.concerns, said, url, count.concerns > 0))
    return [
        *tiles,
        Tile(CARE, _("Replies to read"), count.replies, _to_read(count), f"{inbox}?show=unread" if inbox else "", count.replies > 0),
        Tile(CARE, _("Messages to look at"), wrong, failed, f"{ledger}?look=wrong" if ledger else "", wrong > 0),
    ]


def _to_read(count: Waiting) -> str:
    if not count.replies:
        return _("Every reply has been read.")
    if not count.both:
        return _("Patients wait for an answer.")
    said = ngettext("%(count)s of them has a concern open, too.", "%(count)s of them have a concern open, too.", count.both)
    return said % {"count": count.both}


def _urgent(urgent: Urgent, count: Waiting, now: datetime, has_several_locations: bool) -> str:
    from aftercare.views import words  # pages need the admin site, which shows this

    said = ngettext("%(count)s is urgent", "%(count)s are urgent", urgent.count) % {"count": urgent.count}
    if urgent.first is None:
        said = _("%(said)s, acknowledged and not resolved yet.") % {"said": said}
        late = ngettext("%(count)s of the others is past its time.", "%(count)s of the others are past their time.", count.late)
        return f"{said} {late % {'count': count.late}}" if count.late else said
    by, location = urgent.first.acknowledge_by, urgent.first.location
    at = words.clock(by, location.zone, now)
    if has_several_locations:
        at = _("%(at)s at %(location)s") % {"at": at, "location": location}
    clock = {"said": said, "at": at, "left": words.time_left(by, now)}
    if urgent.count > 1:
        clock["said"] = _("%(said)s, the first") % clock
    return _("%(said)s: %(left)s, by %(at)s.") % clock if by > now else _("%(said)s: %(left)s, since %(at)s.") % clock


def _taken(count: Waiting) -> str:
    """Where none is urgent."""
    if not count.concerns:
        return _("Nobody is worried.")
    if count.late:
        said = ngettext("%(count)s of them is past its time.", "%(count)s of them are past their time.", count.late)
        return said % {"count": count.late}
    if not count.taken:
        return _("Each waits for somebody to take it on.")
    waits = count.concerns - count.taken
    if not waits:
        return _("Acknowledged, and not resolved yet.")
    said = ngettext("%(count)s of them waits for somebody to take it on.", "%(count)s of them wait for somebody to take them on.", waits)
    return said % {"count": waits}


def _on_call_tiles(locations: Sequence[Location]) -> list[Tile]:
    """Only while somewhere nobody would be told of a concern."""
    unstaffed = locations_without_anybody_on_call(locations)
    if not unstaffed:
        return []
    named = ", ".join(location.name for location in unstaffed)
    detail = _("At %(locations)s a concern would be told to nobody.") % {"locations": named}
    return [Tile(ALARMS, _("Nobody on call"), len(unstaffed), detail, address("admin:aftercare_oncallcontact_changelist"))]


def _alarm_tiles() -> list[Tile]:
    """Only while there is something to mend."""
    explanations = list(Alarm.objects.filter(cleared_at=None).values_list("explanation", flat=True))
    if not explanations:
        return []
    url = address("admin:notifications_alarm_changelist")
    return [Tile(ALARMS, _("Alarms open"), len(explanations), capfirst(explanations[0]), f"{url}?standing=open" if url else "")]
