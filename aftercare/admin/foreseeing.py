"""How a plan to be reads, before its session is completed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare.domain.expansion import NIGHT, Planned
from aftercare.models.protocols import KINDS
from aftercare.services import Foreseen
from aftercare.services.plans import ALREADY_TOLD, SPOKEN, TOO_LATE, untold_night
from aftercare.wording import clock_times, then_at
from notifications.domain.quiet import QuietHours
from notifications.domain.segments import segments
from scheduling.models import Appointment, Patient

MOST_TIMES = 8  # are told one by one
SAID_ABOVE = (TOO_LATE, ALREADY_TOLD, SPOKEN)  # in notices of their own


def shown(foreseen: Sequence[Foreseen], appointment: Appointment, now: datetime) -> str:
    """The plan as a list of days, on the patient's own clock."""
    patient, zone = appointment.patient, appointment.patient.zone
    days = [
        {"day": day, "is_today": day == localtime(now, zone).date(), "messages": [_message(one, zone) for one in of_day]}
        for day, of_day in groupby(foreseen, key=lambda one: localtime(one.line.planned_for, zone).date())
    ]
    context = {
        "patient": patient,
        "days": days,
        "summary": _summary(foreseen, zone),
        "dropped": dropped(_because(foreseen, TOO_LATE), zone),
        "told_already": told_already(_because(foreseen, ALREADY_TOLD), zone),
        "left_out": _left_out(foreseen),
        "to_say": to_say(untold_night((one.telling for one in foreseen), now), patient) if any(one.line.draft for one in foreseen) else "",
        "other_clock": zone if zone != appointment.zone else "",
    }
    return render_to_string("aftercare/foreseen.html", context)


def _because(foreseen: Sequence[Foreseen], reason: str) -> list[tuple[str, str, datetime]]:
    return [(one.line.key, one.line.kind.value, one.line.planned_for) for one in foreseen if one.line.reason == reason]


def dropped(messages: Iterable[tuple[str, str, datetime]], zone: ZoneInfo) -> str:
    """Of a session that is completed late: how many of these (key, kind, planned for) aren't sent any more, and which; "" for none."""
    lines = list(messages)
    if not lines:
        return ""
    number, which = _number(lines), _times([at for _key, _kind, at in lines], zone)
    said = ngettext(
        "Completed late: %(number)s is left out, as its time has passed (%(which)s).",
        "Completed late: %(number)s are left out, as their times have passed (%(which)s).",
        len(lines),
    )
    return said % {"number": number, "which": which}


def told_already(messages: Iterable[tuple[str, str, datetime]], zone: ZoneInfo) -> str:
    """Of a session that is completed once more: how many of these (key, kind, planned for) she has been told, and which; "" for none."""
    lines = list(messages)
    if not lines:
        return ""
    said = ngettext(
        "Completed before: %(number)s went out then, and isn’t sent again (%(which)s).",
        "Completed before: %(number)s went out then, and aren’t sent again (%(which)s).",
        len(lines),
    )
    return said % {"number": _number(lines), "which": _times([at for _key, _kind, at in lines], zone)}


def _number(lines: Sequence[tuple[str, str, datetime]]) -> str:
    """A quiet night's one message stands for several doses."""
    if all(kind == "dose" and not key.endswith(NIGHT) for key, kind, _at in lines):
        return ngettext("%(count)s dose", "%(count)s doses", len(lines)) % {"count": len(lines)}
    return ngettext("%(count)s message", "%(count)s messages", len(lines)) % {"count": len(lines)}


def to_say(night: Planned | None, patient: Patient) -> str:
    """What the desk tells her itself, as no message comes before this night; "" without one."""
    if night is None:
        return ""
    times = clock_times(night.folded, patient.zone, "en")
    said = _("No message comes before this night, so tell %(name)s now: the next times for the serum are about %(times)s, only if awake")
    words = said % {"name": patient.first_name, "times": times}
    return f"{words}; {then_at(night.then, patient.zone, 'en')}." if night.then else f"{words}."


def _times(instants: Sequence[datetime], zone: ZoneInfo) -> str:
    """“Tue, Nov 3: 5:00 PM, 8:00 PM”; of many, the first and the last."""
    local = [localtime(at, zone) for at in instants]
    if len(local) > MOST_TIMES:
        first, last = (date_format(at, "D, M j, g:i A") for at in (local[0], local[-1]))
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    days = groupby(local, key=lambda at: at.date())
    return "; ".join(f"{date_format(day, 'D, M j')}: {', '.join(date_format(at, 'g:i A') for at in of_day)}" for day, of_day in days)


def _message(one: Foreseen, zone: ZoneInfo) -> dict[str, Any]:
    planned, line = one.telling.planned, one.line
    local = localtime(line.planned_for, zone)
    quiet = QuietHours(*settings.QUIET_HOURS)
    waits = line.draft is not None and line.draft.quiet is not None and quiet.covers(local)
    return {
        "at": local,
        "clock": date_format(local, "g:i A"),
        "what": dict(KINDS)[line.kind.value],
        "number": _("%(number)s of %(of)s") % {"number": planned.number, "of": planned.of} if planned and planned.of > 1 else "",
        "night": [date_format(localtime(dose, zone), "g:i A") for dose in planned.folded] if planned else [],
        "is_text": line.channel == "sms",
        "segments": segments(one.words).number if line.channel == "sms" else 0,
        "subject": one.telling.letter.subject,
        "words": one.words,
        "goes": line.draft is not None,
        "why": "" if line.reason in (TOO_LATE, ALREADY_TOLD) else line.reason,  # the notice above has said it
        "waits_until": date_format(localtime(quiet.end_at(local, zone), zone), "g:i A") if waits else "",
    }


def _summary(foreseen: Sequence[Foreseen], zone: ZoneInfo) -> str:
    """“26 texts (40 SMS segments) and 6 emails, the last on Tue, Dec 1.”"""
    going = [one for one in foreseen if one.line.draft]
    if not going:
        return _("Nothing goes out.")
    texts = [one for one in going if one.line.channel == "sms"]
    emails = len(going) - len(texts)
    parts = []
    if texts:
        number = ngettext("%(count)s text", "%(count)s texts", len(texts)) % {"count": len(texts)}
        paid = sum(segments(one.words).number for one in texts)
        parts.append(f"{number} ({ngettext('%(count)s SMS segment', '%(count)s SMS segments', paid) % {'count': paid}})")
    if emails:
        parts.append(ngettext("%(count)s email", "%(count)s emails", emails) % {"count": emails})
    last = date_format(localtime(going[-1].line.planned_for, zone), "D, M j")
    return _("%(what)s, the last on %(day)s.") % {"what": _(" and ").join(parts), "day": last}


def _left_out(foreseen: Sequence[Foreseen]) -> list[str]:
    """Why some don't go out, with how many of each. Where none does, the page has said so, and what to do about it."""
    if not any(one.line.draft for one in foreseen):
        return []
    whys = Counter(one.line.reason for one in foreseen if one.line.draft is None and one.line.reason not in SAID_ABOVE)
    return [
        ngettext("%(count)s isn’t sent: %(why)s.", "%(count)s aren’t sent: %(why)s.", count) % {"count": count, "why": why}
        for why, count in whys.items()
    ]
