"""Messages to be, as pages show them: by days, on the patient's own clock."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.domain.clocks import ClockChange, change_on, comes_twice
from aftercare.domain.expansion import Planned
from aftercare.domain.protocol import Kind
from aftercare.models.protocols import KINDS
from aftercare.services.plans.starting import TOO_LATE, doses_missed
from aftercare.services.telling.tellings import Telling
from aftercare.wording import clock_times, then_at
from notifications.domain.segments import segments

MOST_TIMES = 8  # are told one by one


def message(
    telling: Telling, channel: str, words: str, at: datetime, zone: ZoneInfo, *, goes: bool, waits: datetime | None
) -> dict[str, Any]:
    """One message, due `at`. `waits` is the end of the quiet hours that it falls into."""
    planned, local = telling.planned, localtime(at, zone)
    return {
        "at": local,
        "clock": clock_text(local),
        "which_time": _which_time(local, planned),
        "what": dict(KINDS)[telling.kind.value],
        "number": _("%(number)s of %(of)s") % {"number": planned.number, "of": planned.of} if planned and planned.of > 1 else "",
        "night": [clock_text(localtime(dose, zone)) for dose in planned.folded] if planned else [],
        "is_text": channel == "sms",
        "segments": segments(words).number if channel == "sms" else 0,
        "subject": telling.letter.subject,
        "words": words,
        "goes": goes,
        "waits_until": clock_text(localtime(waits, zone)) if waits and goes else "",
    }


def by_days(messages: Iterable[dict[str, Any]], zone: ZoneInfo, today: date | None = None) -> list[dict[str, Any]]:
    """The messages, which are in order of time, of each day that has any."""
    return [
        {"day": day, "is_today": day == today, "clocks": change_text(change_on(day, zone)), "messages": list(of_day)}
        for day, of_day in groupby(messages, key=lambda one: one["at"].date())
    ]


def change_text(change: ClockChange | None) -> str:
    """What a day's readers must know of its clocks; "" on nearly every day."""
    if change is None:
        return ""
    shows, becomes = clock_text(change.shows), clock_text(change.becomes)
    if change.is_back:
        said = _("The clocks go back on this day: at %(shows)s it is %(becomes)s once more, and the hour between comes twice.")
    else:
        said = _("The clocks go forward on this day: at %(shows)s it is %(becomes)s at once, and the hour between is missing.")
    return said % {"shows": shows, "becomes": becomes}


def clock_text(at: datetime) -> str:
    return date_format(at, "g:i A")


def summary(texts: Sequence[str], emails: int, last: datetime | None, zone: ZoneInfo) -> str:
    """“26 texts (40 SMS segments) and 6 emails, the last on Tue, Dec 1.” `texts` are their words."""
    if last is None:
        return _("Nothing goes out.")
    parts = []
    if texts:
        number = ngettext("%(count)s text", "%(count)s texts", len(texts)) % {"count": len(texts)}
        paid = sum(segments(words).number for words in texts)
        parts.append(f"{number} ({ngettext('%(count)s SMS segment', '%(count)s SMS segments', paid) % {'count': paid}})")
    if emails:
        parts.append(ngettext("%(count)s email", "%(count)s emails", emails) % {"count": emails})
    day = date_format(localtime(last, zone), "D, M j")
    return _("%(what)s, the last on %(day)s.") % {"what": _(" and ").join(parts), "day": day}


def dropped(messages: Iterable[tuple[bool, datetime]], zone: ZoneInfo) -> str:
    """Of a session that is completed late: how many of these (is it one dose, its time) aren't sent any more, and which; "" for none."""
    lines = list(messages)
    said = ngettext(
        "Completed late: %(number)s is left out, as its time has passed (%(which)s).",
        "Completed late: %(number)s are left out, as their times have passed (%(which)s).",
        len(lines),
    )
    return said % _counted(lines, zone) if lines else ""


def missed(lines: Iterable[tuple[Telling, str, datetime]], now: datetime) -> Iterator[tuple[bool, datetime]]:
    """(is it one dose, its time) of each that isn't told any more. A night's text stands for its doses; those ahead the desk tells her."""
    for telling, reason, planned_for in lines:
        if telling.kind is Kind.DOSE:
            yield from ((True, dose) for dose in doses_missed(telling, reason, now))
        elif reason == TOO_LATE:
            yield False, planned_for


def told_already(messages: Iterable[tuple[bool, datetime]], zone: ZoneInfo) -> str:
    """Of a session that is completed once more: how many of these (is it one dose, its time) she has been told, and which; "" for none."""
    lines = list(messages)
    said = ngettext(
        "Completed before: %(number)s went out then, and isn’t sent again (%(which)s).",
        "Completed before: %(number)s went out then, and aren’t sent again (%(which)s).",
        len(lines),
    )
    return said % _counted(lines, zone) if lines else ""


def _counted(lines: Sequence[tuple[bool, datetime]], zone: ZoneInfo) -> dict[str, str]:
    return {"number": _number(lines), "which": _times([at for _is_a_dose, at in lines], zone)}


def _number(lines: Sequence[tuple[bool, datetime]]) -> str:
    if all(is_a_dose for is_a_dose, _at in lines):
        return ngettext("%(count)s dose", "%(count)s doses", len(lines)) % {"count": len(lines)}
    return ngettext("%(count)s message", "%(count)s messages", len(lines)) % {"count": len(lines)}


def to_say(night: Planned | None, name: str, zone: ZoneInfo) -> str:
    """What the desk tells her itself, as no message comes before this night; "" without one."""
    if night is None:
        return ""
    times = clock_times(night.folded, zone, "en")
    said = _("No message comes before this night, so tell %(name)s now: the next times for the serum are about %(times)s, only if awake")
    words = said % {"name": name, "times": times}
    return f"{words}; {then_at(night.then, zone, 'en')}." if night.then else f"{words}."


def _times(instants: Sequence[datetime], zone: ZoneInfo) -> str:
    """“Tue, Nov 3: 5:00 PM, 8:00 PM”; of many, the first and the last."""
    local = [localtime(at, zone) for at in instants]
    if len(local) > MOST_TIMES:
        first, last = (date_format(at, "D, M j, g:i A") for at in (local[0], local[-1]))
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    days = groupby(local, key=lambda at: at.date())
    return "; ".join(f"{date_format(day, 'D, M j')}: {', '.join(clock_text(at) for at in of_day)}" for day, of_day in days)


def _which_time(local: datetime, planned: Planned | None) -> str:
    """On the one day on which a clock time says too little: which of two it is, or which one is missing."""
    if comes_twice(local):
        return _("the second time that day") if local.fold else _("the first time that day")
    change = change_on(local.date(), local.tzinfo) if planned and isinstance(local.tzinfo, ZoneInfo) else None
    if change and planned:
        missing = next((clock for clock in planned.step.at if change.moved(clock) == local.replace(tzinfo=None)), None)
        return _("instead of %(clock)s, which is missing that day") % {"clock": time_format(missing, "g:i A")} if missing else ""
    return ""
