"""What happens with a concern if nobody sees to it: who is told, or reminded, and when."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from aftercare.models import Concern, ConcernEvent
from aftercare.services import Rung, next_rung
from aftercare.views import words

What = ConcernEvent.What


def what_next(concern: Concern, rungs: Sequence[Rung], now: datetime) -> str:
    """`rungs` are those of its location. "" once it is resolved."""
    if concern.resolved_at:
        return ""
    if concern.escalate_at:
        return _told(concern, rungs, now, concern.escalate_at)
    at = {"at": words.clock(concern.remind_at, concern.location.zone, now) if concern.remind_at else ""}
    if concern.acknowledged_at:
        if any(event.what == What.REMINDED for event in concern.events.all()):
            return _("If nobody resolves it by %(at)s, another reminder goes out by email.") % at
        return _("If nobody resolves it by %(at)s, a reminder goes out by email.") % at
    if rungs:
        return _("Everybody on call has been told, more than once. Nobody else is told before %(at)s: fetch a clinician.") % at
    return _("Nobody is on call, and so nobody is told: fetch a clinician.")


def _told(concern: Concern, rungs: Sequence[Rung], now: datetime, until: datetime) -> str:
    rung = next_rung(concern, rungs)
    said = {"at": words.clock(until, concern.location.zone, now), "who": rung.contact if rung else _("whoever runs this system")}
    if until <= now:
        return _("Now %(who)s is told.") % said
    if rung is None:
        return _("If nobody acknowledges it by %(at)s, %(who)s is told: nobody on call is left.") % said
    return _("If nobody acknowledges it by %(at)s, then %(who)s is told.") % said
