"""The messages of a preview, as its page shows them: by days, and counted."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare import services
from aftercare.admin import told
from aftercare.admin.protocols.words import accents_left_out, what_makes_it_dear
from aftercare.domain import protocol as domain
from aftercare.domain.consent import CURRENT, Purpose, wording_of
from aftercare.forms.previews import REACHED, PreviewForm
from aftercare.models import Protocol
from aftercare.services import Previewed
from aftercare.services.plans.starting import TOO_LATE, untold_night
from aftercare.services.previews.protocol import OF_NO_USE_BY_THEN

HOLDS = {"GSM-7": 160, "UCS-2": 70}  # characters that one segment takes


def messages_to_be(protocol: Protocol, form: PreviewForm, as_typed: domain.Protocol | None = None) -> list[Previewed]:
    """Those of a form that is valid."""
    chosen = form.cleaned_data
    return services.preview_protocol(
        protocol,
        completed_at=chosen["completed_at"],
        time_zone=chosen["time_zone"],
        quiet=chosen["nights"] == "quiet",
        language=chosen["language"],
        location=form.location_or_sample,
        product=chosen.get("product"),
        over=REACHED[chosen["reached_by"]],
        now=chosen["now"],
        as_typed=as_typed,
    )


def in_full(protocol: Protocol, form: PreviewForm, page: Callable[[Previewed], str]) -> dict[str, Any]:
    """What the preview's page shows. `page` is the address of an email by itself."""
    previewed, zone = messages_to_be(protocol, form), form.zone
    going = [one for one in previewed if one.goes]
    marked_at = form.cleaned_data["now"] or form.cleaned_data["completed_at"]
    night = untold_night((one.telling for one in previewed), marked_at)
    return {
        "days": by_days(previewed, form, page),
        "last": localtime(going[-1].send_at, zone) if going else None,
        "zone": zone.key,
        "tiles": _tiles(going, zone),
        "to_say": told.to_say(night, _("the patient"), zone),
        "dropped": told.dropped(told.missed(((one.telling, one.reason, one.send_at) for one in previewed), marked_at), zone),
        "dear": what_makes_it_dear(list(dict.fromkeys(character for one in going if one.channel == "sms" for character in one.dear))),
        "troubled": sum(bool(one.troubles) for one in previewed),
    }


def by_days(previewed: Sequence[Previewed], form: PreviewForm, page: Callable[[Previewed], str]) -> list[dict[str, Any]]:
    """Each day with its number, counted from the session's."""
    zone = form.zone
    days = told.by_days((_message(one, zone, page(one)) for one in previewed), zone)
    ended_on = localtime(form.cleaned_data["completed_at"], zone).date()
    for day in days:
        number = (day["day"] - ended_on).days
        day["number"] = _("day %(number)s") % {"number": number} if number else _("the day of the session")
    return days


def _message(one: Previewed, zone: ZoneInfo, page: str) -> dict[str, Any]:
    is_text = one.channel == "sms"
    doses = ", ".join(told.clock_text(localtime(dose, zone)) for dose in one.night)
    why = (
        "" if one.reason in (TOO_LATE, OF_NO_USE_BY_THEN) else one.reason or one.remark
    )  # what else there is to say of those is said already
    return told.message(one.telling, one.channel, one.words, one.send_at, zone, goes=one.goes, waits=one.waits_until) | {
        "to_a_segment": HOLDS[one.cost.encoding] if is_text else 0,
        "left_out": accents_left_out(one.lost),
        "doses": _("The night’s doses: %(times)s.") % {"times": doses} if doses else "",
        "why": why,
        "troubles": one.troubles,
        "page": "" if is_text else page,
    }


def _tiles(going: Sequence[Previewed], zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many there are and what they take, and on the busiest day how many of those that patients are told of when they agree."""
    texts, emails = ([one for one in going if one.channel == channel] for channel in ("sms", "email"))
    dear = sum(bool(one.dear) for one in texts)
    tiles: list[dict[str, Any]] = [{"name": _("Texts"), "value": len(texts)}]
    if texts:
        shorter = ngettext("%(count)s text with 70 to a segment", "%(count)s texts with 70 to a segment", dear) % {"count": dear}
        paid = sum(one.cost.number for one in texts)
        tiles += [
            {"name": _("SMS segments"), "value": paid, "detail": shorter if dear else _("160 characters are one, 306 are two")},
            {"name": _("Most texts on a day"), **_busiest("sms", texts, zone)},
        ]
    tiles.append({"name": _("Emails"), "value": len(emails)})
    if emails:
        tiles.append({"name": _("Most emails on a day"), **_busiest("email", emails, zone)})
    return tiles


def _busiest(channel: str, going: Sequence[Previewed], zone: ZoneInfo) -> dict[str, Any]:
    days = Counter(localtime(one.send_at, zone).date() for one in going)
    day, most = max(days.items(), key=lambda counted: (counted[1], -counted[0].toordinal()))
    wording = wording_of(CURRENT, Purpose.CARE.value, channel)
    agreed = wording.most_per_day if wording else 0
    about = {"day": date_format(day, "D, M j"), "agreed": agreed}
    return {
        "value": most,
        "detail": _("%(day)s; patients agree to %(agreed)s") % about,
        "trouble": _("What is beyond that isn’t sent.") if most > agreed else "",
    }
