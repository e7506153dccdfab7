"""How a plan to be reads, before its session is completed."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils.timezone import localtime
from django.utils.translation import ngettext

from aftercare.admin import told
from aftercare.domain.reasons import ALREADY_TOLD
from aftercare.services import Foreseen
from aftercare.services.plans.starting import SPOKEN, TOO_LATE, untold_night
from scheduling.models import Appointment

SAID_ABOVE = (TOO_LATE, ALREADY_TOLD, SPOKEN)  # in notices of their own


def shown(foreseen: Sequence[Foreseen], appointment: Appointment, now: datetime) -> str:
    """The plan as a list of days, on the patient's own clock."""
    patient, zone = appointment.patient, appointment.patient.zone
    going = [one for one in foreseen if one.line.draft]
    texts = [one.words for one in going if one.line.channel == "sms"]
    context = {
        "patient": patient,
        "language": patient.language,
        "days": told.by_days((_message(one, zone) for one in foreseen), zone, localtime(now, zone).date()),
        "summary": told.summary(texts, len(going) - len(texts), going[-1].line.planned_for if going else None, zone),
        "dropped": told.dropped(told.missed(((one.telling, one.line.reason, one.line.planned_for) for one in foreseen), now), zone),
        "told_already": told.told_already(_because(foreseen, ALREADY_TOLD), zone),
        "left_out": _left_out(foreseen),
        "to_say": told.to_say(untold_night((one.telling for one in foreseen), now), patient.first_name, zone) if going else "",
        "other_clock": zone if zone != appointment.zone else "",
    }
    return render_to_string("aftercare/foreseen.html", context)


def _because(foreseen: Sequence[Foreseen], reason: str) -> list[tuple[bool, datetime]]:
    return [(one.telling.is_a_dose, one.line.planned_for) for one in foreseen if one.line.reason == reason]


def _message(one: Foreseen, zone: ZoneInfo) -> dict[str, Any]:
    line = one.line
    quiet = line.draft.quiet if line.draft else None
    waits = quiet.until(line.planned_for, zone) if quiet else None
    why = "" if line.reason in (TOO_LATE, ALREADY_TOLD) else line.reason  # the notice above has said it
    return told.message(one.telling, line.channel, one.words, line.planned_for, zone, goes=bool(line.draft), waits=waits) | {"why": why}


def _left_out(foreseen: Sequence[Foreseen]) -> list[str]:
    """Why some don't go out, with how many of each. Where none does, the page has said so, and what to do about it."""
    if not any(one.line.draft for one in foreseen):
        return []
    whys = Counter(one.line.reason for one in foreseen if one.line.draft is None and one.line.reason not in SAID_ABOVE)
    return [
        ngettext("%(count)s isn’t sent: %(why)s.", "%(count)s aren’t sent: %(why)s.", count) % {"count": count, "why": why}
        for why, count in whys.items()
    ]
