"""A concern as it is read at the desk and, at night, on a phone: what was said, how long there is, and who knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare.domain.triage import FLAGS
from aftercare.models import Concern, ConcernEvent
from aftercare.services import Rung
from aftercare.services.concerns.deadlines import reminded_every
from aftercare.services.telling.checking_in import is_bare
from aftercare.views import words
from aftercare.views.meaning import means
from aftercare.views.what_next import what_next
from scheduling.services.staff import staff_name

What = ConcernEvent.What
NOBODYS = gettext_lazy("A number that no patient has")
SAID = {
    What.SAID_MORE: gettext_lazy("More was said"),
    What.WORSENED: gettext_lazy("Made urgent"),
    What.NOBODY: gettext_lazy("Nobody is left to be told"),
}
BY_WHOM = {
    What.ACKNOWLEDGED: gettext_lazy("%(who)s acknowledged it"),
    What.ANSWERED: gettext_lazy("%(who)s answered"),
    What.RESOLVED: gettext_lazy("%(who)s resolved it"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """`facts` are the numbers of the clinical facts behind it (F12), for clinicians."""

    name: str
    facts: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    what: str
    text: str
    at: datetime
    clock: str
    is_pressing: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    concern: Concern
    who: str
    url: str
    signs: Sequence[Sign]
    raised: str  # “8 min ago”
    time_left: str  # "" once somebody has acknowledged it
    is_late: bool
    told: Sequence[str]
    next: str  # what happens if nobody sees to it; "" once it is resolved
    acknowledged: str  # “26 h ago”
    acknowledged_by: str
    acknowledged_at: str
    reminded: Sequence[str]
    is_forgotten: bool  # it was acknowledged so long ago that somebody is reminded of it
    means: str  # what a bare number answers, or that nothing had asked for it

    @property
    def is_urgent(self) -> bool:
        return self.concern.severity == Concern.Severity.URGENT


def card(concern: Concern, now: datetime, *, rungs: Sequence[Rung], shows_facts: bool) -> Card:
    """`aftercare.reports.inbox.with_steps` has been asked; `rungs` are those of its location."""
    zone, is_waiting = concern.location.zone, not (concern.acknowledged_at or concern.resolved_at)
    taken_at = concern.acknowledged_at
    return Card(
        concern=concern,
        who=who_of(concern),
        url=thread_url(concern),
        signs=[sign(slug, shows_facts=shows_facts) for slug in concern.flags],
        raised=words.ago(concern.raised_at, now, zone),
        time_left=words.time_left(concern.acknowledge_by, now) if is_waiting else "",
        is_late=is_waiting and now >= concern.acknowledge_by,
        told=told(concern, now),
        next=what_next(concern, rungs, now),
        acknowledged=words.since(taken_at, now) if taken_at else "",
        acknowledged_by=(staff_name(concern.acknowledged_by) or str(_("somebody"))) if taken_at else "",
        acknowledged_at=words.clock(taken_at, zone, now) if taken_at else "",
        reminded=reminded(concern, now) if taken_at else (),
        is_forgotten=taken_at is not None and now - taken_at >= reminded_every(concern),
        means=next((said for line in concern.lines.all() if (said := means(line, zone))), _unasked(concern)),
    )


def _unasked(concern: Concern) -> str:
    is_hers = concern.raised_by_id is None and is_bare(concern.said)
    return _("A number alone, and no check-in had just asked for one: ask what it means.") if is_hers else ""


def told(concern: Concern, now: datetime) -> list[str]:
    """“Dana Diaz, 2:03 AM, 2:33 AM”: each of them once, however often."""
    return _when(concern, What.TOLD, now)


def reminded(concern: Concern, now: datetime) -> list[str]:
    """As `told`, of those who were reminded that it is open."""
    return _when(concern, What.REMINDED, now)


def _when(concern: Concern, what: ConcernEvent.What, now: datetime) -> list[str]:
    when: dict[str, list[str]] = {}
    for event in concern.events.all():
        if event.what == what:
            who = event.detail if what == What.REMINDED else event.contact
            when.setdefault(str(who or _("somebody")), []).append(words.clock(event.at, concern.location.zone, now))
    return [", ".join([who, *clocks]) for who, clocks in when.items()]


def who_of(concern: Concern) -> str:
    return concern.patient.full_name if concern.patient else str(NOBODYS)


def sign(slug: str, *, shows_facts: bool) -> Sign:
    flag = FLAGS.get(slug)
    if flag is None:  # of a rule that is gone
        return Sign(slug.replace("-", " "))
    return Sign(flag.name, ", ".join(flag.facts) if shows_facts else "")


def step(event: ConcernEvent, concern: Concern, now: datetime) -> Step:
    return Step(
        what=event.what,
        text=_said(event, concern),
        at=event.at,
        clock=words.clock(event.at, concern.location.zone, now),
        is_pressing=event.what in (What.NOBODY, What.WORSENED),
    )


def _said(event: ConcernEvent, concern: Concern) -> str:
    who: Any = {"who": staff_name(event.by) or _("Somebody")}
    if event.what == What.RAISED:
        severity = concern.get_severity_display()
        said = _("Concern raised by %(who)s") % who if event.by else _("Concern raised by the patient’s words")
        return f"{said}: {severity}" if not _was_worsened(concern) else said
    if event.what == What.TOLD:
        told = _("%(name)s was told") % {"name": event.contact or _("Somebody on call")}
        return f"{told} {event.detail}" if event.detail else told
    if event.what == What.REMINDED:
        return _("%(name)s was reminded by email that it is open") % {"name": event.detail}
    if event.what in BY_WHOM:
        return str(BY_WHOM[What(event.what)]) % who
    return str(SAID[What(event.what)])


def _was_worsened(concern: Concern) -> bool:
    return any(event.what == What.WORSENED for event in concern.events.all())


def thread_url(concern: Concern) -> str:
    """Where it is talked about; "" where there is nothing but the concern."""
    if concern.patient_id:
        return reverse("admin:inbox_thread", args=[concern.patient_id])
    reply = next((line.reply_id for line in concern.lines.all() if line.reply_id), None)
    return reverse("admin:inbox_unknown", args=[reply]) if reply else ""
