"""A protocol's preview: every message that it would send after a session, before anybody gets one."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from aftercare import services
from aftercare.admin import told
from aftercare.admin.protocols.pages import Pages, linked, state_of
from aftercare.admin.protocols.words import accents_left_out, what_makes_it_dear
from aftercare.domain.consent import CURRENT, Purpose, wording_of
from aftercare.forms.previews import REACHED, PreviewForm
from aftercare.models import Protocol
from aftercare.services import Previewed
from aftercare.services.plans.starting import TOO_LATE, untold_night
from aftercare.services.previews.protocol import IN_VAIN
from scheduling.fields import time_zones
from scheduling.models import Location

MOST_MESSAGES = 500  # a slip of the hand in a draft may ask for tens of thousands
# The patient's mail program shows the styles that an email brings along; ours may, too, for that one answer, and nothing else of it runs.
EMAILS_OWN_STYLES = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups"],
}


class PreviewPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        view: Any = require_safe(self.email_view)
        email = xframe_options_sameorigin(csp(EMAILS_OWN_STYLES)(view))
        return [
            path("<int:pk>/preview/", guarded(require_safe(self.preview_view)), name="aftercare_protocol_preview"),
            path("<int:pk>/preview/email/<slug:key>/", guarded(email), name="aftercare_protocol_preview_email"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is chosen stands in the address, so that a preview can be kept and sent on."""
        protocol, form = self._asked_for(request, pk)
        refusal = _too_many(protocol)
        context = {
            "protocol": protocol,
            "state": state_of(protocol),
            "form": form,
            "rows": {name: _row(form, name) for name in form.fields},
            "zones": _zones(),
            "language": form["language"].value(),
        }
        if protocol.is_draft and not refusal:
            context["problems"] = linked(services.problems_of(protocol), protocol)
        if form.is_valid():
            context |= refusal or _previewed(protocol, form)
        return self.shown(request, "aftercare/protocols/preview.html", _("Preview"), context)

    def email_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        """One email as it is sent, alone."""
        protocol, form = self._asked_for(request, pk)
        if not form.is_valid() or _too_many(protocol):
            raise Http404
        found = next((one for one in _messages(protocol, form) if one.key == key), None)
        if found is None:
            raise Http404
        return HttpResponse(found.html)

    def _asked_for(self, request: HttpRequest, pk: int) -> tuple[Protocol, PreviewForm]:
        return self.protocol_or_404(request, pk), PreviewForm(request.GET.dict())


def _row(form: PreviewForm, name: str) -> dict[str, Any]:
    """A field, and beside it what is wrong with it, or how it was read."""
    return {"field": form[name], "errors": form.errors.get(name, []), "remark": form.remarks.get(name, "")}


def _zones() -> list[str]:
    """The clinic's own first."""
    own = list(dict.fromkeys([*Location.objects.values_list("time_zone", flat=True), settings.TIME_ZONE]))
    return [*own, *sorted(time_zones() - set(own))]


def _too_many(protocol: Protocol) -> dict[str, Any]:
    times = sum(protocol.steps.values_list("times", flat=True))
    if times <= MOST_MESSAGES:
        return {}
    said = _("With all its repeats this version may send %(times)s messages. Lower that to %(most)s or fewer, and they are shown here.")
    return {"refusal": said % {"times": times, "most": MOST_MESSAGES}}


def _messages(protocol: Protocol, form: PreviewForm) -> list[Previewed]:
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
    )


def _previewed(protocol: Protocol, form: PreviewForm) -> dict[str, Any]:
    previewed, zone = _messages(protocol, form), form.zone
    asked = urlencode({name: form[name].value() for name in form.fields})

    def page(one: Previewed) -> str:
        return f"{reverse('admin:aftercare_protocol_preview_email', args=[protocol.pk, one.key])}?{asked}"

    days = told.by_days((_message(one, zone, page(one)) for one in previewed), zone)
    ended_on = localtime(form.cleaned_data["completed_at"], zone).date()
    for day in days:
        number = (day["day"] - ended_on).days
        day["number"] = _("day %(number)s") % {"number": number} if number else _("the day of the session")
    going = [one for one in previewed if one.goes]
    night = untold_night((one.telling for one in previewed), form.cleaned_data["now"] or form.cleaned_data["completed_at"])
    return {
        "days": days,
        "last": localtime(going[-1].send_at, zone) if going else None,
        "zone": zone.key,
        "tiles": _tiles(going, zone),
        "to_say": told.to_say(night, _("the patient"), zone),
        "dropped": told.dropped(((one.telling.is_a_dose, one.send_at) for one in previewed if one.is_late), zone),
        "dear": what_makes_it_dear(list(dict.fromkeys(character for one in going if one.channel == "sms" for character in one.dear))),
        "troubled": sum(bool(one.troubles) for one in previewed),
    }


def _message(one: Previewed, zone: ZoneInfo, page: str) -> dict[str, Any]:
    is_text = one.channel == "sms"
    doses = ", ".join(told.clock_text(localtime(dose, zone)) for dose in one.night)
    why = "" if one.reason in (TOO_LATE, IN_VAIN) else one.reason or one.remark  # what else there is to say of those is said already
    return told.message(one.telling, one.channel, one.words, one.send_at, zone, goes=one.goes, waits=one.waits_until) | {
        "is_dear": is_text and bool(one.dear),
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
