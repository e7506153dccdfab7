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
from aftercare.views import words
from aftercare.views.meaning import means
from scheduling.admin.names import staff_name

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
    steps: Sequence[Step]
    acknowledged: str
    resolved: str
    means: str  # what a bare number answers

    @property
    def is_urgent(self) -> bool:
        return self.concern.severity == Concern.Severity.URGENT


def card(concern: Concern, now: datetime, *, shows_facts: bool) -> Card:
    """`aftercare.reports.inbox.with_steps` has been asked."""
    zone, is_taken = concern.location.zone, concern.acknowledged_at is not None
    taken = {"who": staff_name(concern.acknowledged_by) or _("Somebody"), "at": ""}
    closed = {"who": staff_name(concern.resolved_by) or _("Somebody"), "at": ""}
    if concern.acknowledged_at:
        taken["at"] = words.clock(concern.acknowledged_at, zone, now)
    if concern.resolved_at:
        closed["at"] = words.clock(concern.resolved_at, zone, now)
    steps = [step(event, concern, now) for event in concern.events.all()]
    return Card(
        concern=concern,
        who=who_of(concern),
        url=thread_url(concern),
        signs=[sign(slug, shows_facts=shows_facts) for slug in concern.flags],
        raised=words.ago(concern.raised_at, now, zone),
        time_left="" if is_taken or concern.resolved_at else words.time_left(concern.acknowledge_by, now),
        is_late=not is_taken and not concern.resolved_at and now >= concern.acknowledge_by,
        told=[
            f"{event.contact or _('somebody')}, {words.clock(event.at, zone, now)}"
            for event in concern.events.all()
            if event.what == What.TOLD
        ],
        steps=steps,
        acknowledged=_("%(who)s, %(at)s") % taken if is_taken else "",
        resolved=_("%(who)s, %(at)s") % closed if concern.resolved_at else "",
        means=next((said for line in concern.lines.all() if (said := means(line, zone))), ""),
    )


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
