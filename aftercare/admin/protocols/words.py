"""What a step does, in words: how a clinician would say it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aftercare.domain.facts import FACTS, facts_in
from aftercare.domain.protocol import Kind, Step
from notifications.domain.segments import MOST, plain

HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
SESSIONS_END = range(7, 22)  # hours of the day
CURLY = "‘’“”"  # quoted as the others are, one wouldn't be seen
PARTS = {"sms": gettext_lazy("text message"), "subject": gettext_lazy("email’s subject"), "email": gettext_lazy("email")}


def in_words(step: Step) -> str:
    """“8 doses, every 3 hours from 3 hours after the session’s end”"""
    begins = _after(step.first_after)
    if step.at:
        clocks = listed([time_format(at, "g:i A") for at in step.at])
        day = _its_day(step)
        if step.times == 1 and day is not None:
            said = _("%(what)s, on day %(day)s at %(clocks)s") % {"what": _what(step), "day": day, "clocks": clocks}
        elif step.times == 1:
            said = _("%(what)s, at the first %(clocks)s later than %(begins)s") % {"what": _what(step), "clocks": clocks, "begins": begins}
        else:
            said = _("%(what)s at %(clocks)s, from %(begins)s") % {"what": _what(step), "clocks": clocks, "begins": begins}
    elif step.times == 1 or step.every is None:
        said = f"{_what(step)}, {begins}"
    else:
        every = _("hour") if step.every == HOUR else hours(step.every)
        said = _("%(what)s, every %(every)s from %(begins)s") % {"what": _what(step), "every": every, "begins": begins}
    return said if step.until is None else _("%(said)s, none later than %(until)s") % {"said": said, "until": _after(step.until)}


def hours(length: timedelta) -> str:
    """“3 hours”, “1 hour and 30 minutes”; from two days on “3 days and 12 hours”."""
    minutes = length // timedelta(minutes=1)
    days, minutes = divmod(minutes, 24 * 60) if minutes >= 48 * 60 else (0, minutes)
    in_hours, minutes = divmod(minutes, 60)
    parts = [
        ngettext("%(count)s day", "%(count)s days", days) % {"count": days} if days else "",
        ngettext("%(count)s hour", "%(count)s hours", in_hours) % {"count": in_hours} if in_hours else "",
        ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes} if minutes else "",
    ]
    return listed([part for part in parts if part]) if any(parts) else _("0 hours")


def facts_of(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """The facts that they rest on, in their order, with what each says."""
    named = {fact for step in steps for fact in facts_in(step.facts)}
    return [(fact, meaning) for fact, meaning in FACTS.items() if fact in named]


def _its_day(step: Step) -> int | None:
    """Day 3 for the first 10:00 AM later than 60 hours: the one on which it comes whenever in the day a session ends, or None."""
    clocks = sorted(timedelta(hours=clock.hour, minutes=clock.minute) for clock in step.at)
    ends = (timedelta(hours=hour) + step.first_after for hour in SESSIONS_END)
    days = {end // A_DAY + (end % A_DAY >= clocks[-1]) for end in ends}
    return days.pop() if len(days) == 1 else None


def what_makes_it_dear(dear: Sequence[str]) -> str:
    """“In a text with “ó” …” about the characters that GSM-7 lacks; "" for none."""
    if not dear:
        return ""
    said = _("In a text with %(dear)s a segment holds 70 characters, not 160.")
    return said % {"dear": listed([_("the curly quote %s") % one if one in CURLY else f"“{one}”" for one in dear])}


def accents_left_out(lost: Sequence[str], lost_at_first: Sequence[str] = ()) -> str:
    """What becomes of characters so that the text fits: wherever it is sent, or only as the first text of all; "" for nothing."""
    said = []
    if lost:
        said.append(_("Accents are left out so that it fits in %(most)s segments: %(which)s.") % {"most": MOST, "which": _plain(lost)})
    if lost_at_first:
        at_first = _(
            "As the first text of all, which says how to stop, it goes without accents so that it fits in %(most)s segments: %(which)s."
        )
        said.append(at_first % {"most": MOST, "which": _plain(lost_at_first)})
    return " ".join(said)


def _plain(characters: Sequence[str]) -> str:
    return listed([_("“%(plain)s” for “%(written)s”") % {"plain": plain(written), "written": written} for written in characters])


def _what(step: Step) -> str:
    if step.kind is Kind.DOSE:
        return ngettext("%(count)s dose", "%(count)s doses", step.times) % {"count": step.times}
    return ngettext("%(count)s message", "%(count)s messages", step.times) % {"count": step.times}


def _after(length: timedelta) -> str:
    return _("%(length)s after the session’s end") % {"length": hours(length)} if length else _("the session’s end")


def listed(words: Iterable[str]) -> str:
    *all_but_last, last = words
    return _("%(all_but_last)s and %(last)s") % {"all_but_last": ", ".join(all_but_last), "last": last} if all_but_last else last
