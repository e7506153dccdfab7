"""A conversation in order of time, on the patient's clock: days, bubbles, what became of concerns, and what went out by itself folded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.admin import lines as ledger
from aftercare.domain.protocol import Kind
from aftercare.models import CareMessage, Concern, ConcernEvent
from aftercare.reports import Thread, came_at
from aftercare.services.plans.starting import SPOKEN
from aftercare.views import words
from aftercare.views.cards import Step, step
from aftercare.views.meaning import means
from aftercare.wording import above_foot
from notifications.domain.states import WENT_WRONG
from scheduling.services.staff import staff_name

MOST_IN_A_ROW = 3  # of what went out by itself; more than that is folded
HERS, OURS, BY_ITSELF = "hers", "ours", "by-itself"


@dataclass(frozen=True, slots=True)
class Bubble:
    """`side` is whose words they are; `what` names what went out by itself. `severity` is that of the concern that it raised."""

    at: datetime
    order: tuple[int, int]
    side: str
    what: str
    text: str
    clock: str
    url: str
    subject: str = ""
    who: str = ""
    means: str = ""
    state: SafeString | str = ""
    why: str = ""
    severity: str = ""
    is_unread: bool = False
    read: str = ""
    went_wrong: bool = False
    form: str = "bubble"


@dataclass(frozen=True, slots=True)
class Mark:
    """A step of a concern, where it happened."""

    at: datetime
    order: tuple[int, int]
    step: Step
    note: str = ""
    form: str = "mark"


@dataclass(frozen=True, slots=True)
class Day:
    label: str
    form: str = "day"


@dataclass(frozen=True, slots=True)
class Fold:
    """`label` says what is in it."""

    label: str
    items: Sequence[Bubble]
    went_wrong: int
    form: str = "fold"


Item = Bubble | Mark
Shown = Bubble | Mark | Day | Fold


def talk(thread: Thread, zone: ZoneInfo, now: datetime, *, may_open: bool) -> list[Shown]:
    """What has been: what we planned for later is `planned`."""
    items: list[Item] = [bubble(line, zone, now, may_open=may_open) for line in thread.lines]
    first = items[0].at if items and thread.has_more else None
    for concern in thread.concerns:
        for event in concern.events.all():
            if event.what not in ("said_more", "answered") and (first is None or event.at >= first):  # the words themselves stand there
                note = concern.note if event.what == "resolved" else concern.said if event.what == "raised" and event.by_id else ""
                mark = Mark(event.at, (1, event.pk), _on_her_clock(step(event, concern, now), event.at, zone), note)
                items.append(mark)
                if said := _of_routine(event, concern):
                    items.append(replace(mark, step=replace(mark.step, text=said), note=""))
    items.sort(key=lambda item: (item.at, item.order))
    return list(_with_days(items, zone, now))


def planned(thread: Thread, zone: ZoneInfo, now: datetime, *, may_open: bool, is_paused: bool = False) -> Fold | None:
    """`is_paused`: what is routine waits, whatever its time."""
    coming = [bubble(line, zone, now, may_open=may_open, with_day=True) for line in thread.to_come]
    if not coming:
        return None
    waiting = [line for line in thread.to_come if is_paused and line.message and line.message.pause_key]
    going = [line for line in thread.to_come if line not in waiting]
    parts = []
    if waiting:
        said = ngettext("%(count)s message waits for this concern", "%(count)s messages wait for this concern", len(waiting))
        parts.append(said % {"count": len(waiting)})
    if going:
        said = ngettext("%(count)s message planned", "%(count)s messages planned", len(going)) % {"count": len(going)}
        first = _("the next one %(when)s") % {"when": words.clock(going[0].planned_for, zone, now)}
        parts.append(f"{said}, {first}")
    return Fold("; ".join(parts), coming, 0)


def bubble(line: CareMessage, zone: ZoneInfo, now: datetime, *, may_open: bool, with_day: bool = False) -> Bubble:
    side = HERS if line.reply_id else OURS if line.written_by_id else BY_ITSELF
    at = came_at(line)
    there = timezone.localtime(at, zone)
    return Bubble(
        at=at,
        order=(0 if side == HERS else 2, line.pk),  # what follows from her words stands below them
        side=side,
        what=_what(line) if side == BY_ITSELF else "",
        text=_body(line),
        subject=line.message.subject if line.message and line.channel == "email" and side != OURS else "",
        clock=words.clock(at, zone, now) if with_day else date_format(there, "g:i A"),
        url=reverse("admin:aftercare_caremessage_change", args=[line.pk]) if may_open else "",
        who=staff_name(line.written_by),
        means=means(line, zone),
        state="" if side == HERS else ledger.what_became_of(line),
        why="" if side == HERS else _why(line),
        severity=line.concern.severity if line.concern and side == HERS else "",
        is_unread=bool(line.reply_id) and line.read_at is None,
        read=_read(line, zone, now),
        went_wrong=line.message.status in WENT_WRONG if line.message else not line.reply_id and line.reason != SPOKEN,
    )


def latest_words(line: CareMessage) -> str:
    """As much as a list has room for. Of an email that went out by itself it is what it is about."""
    if line.message and line.channel == "email" and not line.written_by_id:
        return line.message.subject
    return _body(line)


def _what(line: CareMessage) -> str:
    return _("Automatic answer") if line.kind == Kind.REPLY else capfirst(ledger.what(line))


def _why(line: CareMessage) -> str:
    """Without when it went: the bubble's head has a time and what became of it."""
    why = ledger.why(line).removeprefix(ledger.when_it_went(line)).removeprefix("; ")
    return "; ".join(filter(None, [_("by email"), why])) if _is_own_email(line) else why


def _body(line: CareMessage) -> str:
    """Of an email that somebody wrote, the words that are theirs."""
    told = line.message or line.reply
    if told and not told.address:
        return _("(The words aren’t kept any more.)")
    body = told.body.strip() if told else ""
    return above_foot(body, line.patient.language) if line.patient and _is_own_email(line) else body


def _is_own_email(line: CareMessage) -> bool:
    return line.written_by_id is not None and line.channel == "email"


def _read(line: CareMessage, zone: ZoneInfo, now: datetime) -> str:
    if not line.reply_id or line.read_at is None or line.read_by is None:
        return ""
    return _("read by %(who)s, %(at)s") % {"who": staff_name(line.read_by), "at": words.clock(line.read_at, zone, now)}


def _of_routine(event: ConcernEvent, concern: Concern) -> str:
    """What became of the messages that an urgent concern holds back."""
    is_urgent = concern.severity == Concern.Severity.URGENT and concern.patient_id is not None
    return _("What was held back for it goes on") if is_urgent and event.what == ConcernEvent.What.RESOLVED else ""


def _on_her_clock(one: Step, at: datetime, zone: ZoneInfo) -> Step:
    return Step(one.what, one.text, at, date_format(timezone.localtime(at, zone), "g:i A"), one.is_pressing)


def _with_days(items: Iterable[Item], zone: ZoneInfo, now: datetime) -> Iterator[Shown]:
    day: date | None = None
    row: list[Bubble] = []
    for item in items:
        if isinstance(item, Bubble) and item.side == BY_ITSELF:
            row.append(item)
            continue
        day = yield from _in_a_row(row, day, zone, now)
        row = []
        day = yield from _on_its_day(item, day, zone, now)
    yield from _in_a_row(row, day, zone, now)


def _in_a_row(row: Sequence[Bubble], day: date | None, zone: ZoneInfo, now: datetime) -> Any:
    """The last one stays in sight: it may be what she answers."""
    folded, seen = (row[:-1], row[-1:]) if len(row) > MOST_IN_A_ROW else ([], row)
    if folded:
        day = yield from _on_its_day(folded[0], day, zone, now, shown=_fold(folded, zone, now))
    for one in seen:
        day = yield from _on_its_day(one, day, zone, now)
    return day


def _on_its_day(item: Item, day: date | None, zone: ZoneInfo, now: datetime, *, shown: Shown | None = None) -> Any:
    own = timezone.localtime(item.at, zone).date()
    if own != day:
        yield Day(_day(own, timezone.localtime(now, zone).date()))
    yield shown or item
    return own


def _day(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    if (today - day).days == 1:
        return _("Yesterday")
    return date_format(day, "l, F j" if day.year == today.year else "F j, Y")


def _fold(items: Sequence[Bubble], zone: ZoneInfo, now: datetime) -> Fold:
    label = ngettext("%(count)s automatic message", "%(count)s automatic messages", len(items)) % {"count": len(items)}
    first, last = (timezone.localtime(item.at, zone) for item in (items[0], items[-1]))
    until = _(", until %(day)s") % {"day": words.day(last, zone, now)} if last.date() != first.date() else ""
    with_day = [_dated(item, zone, now) for item in items]
    return Fold(f"{label}{until}", with_day, sum(item.went_wrong for item in items))


def _dated(item: Bubble, zone: ZoneInfo, now: datetime) -> Bubble:
    return replace(item, clock=f"{words.day(item.at, zone, now)}, {date_format(timezone.localtime(item.at, zone), 'g:i A')}")
