"""A protocol's preview: every message that it would send after a session, before anybody gets one."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from aftercare import services
from aftercare.admin.protocols.pages import Pages, linked, remarks_of, state_of
from aftercare.admin.protocols.previewed import in_full, messages_to_be
from aftercare.forms.previews import PreviewForm
from aftercare.models import Protocol
from aftercare.services import Previewed
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
            "rows": {name: form.row(name) for name in form.fields},
            "zones": _zones(),
            "language": form["language"].value(),
        }
        if protocol.is_draft and not refusal:
            context |= {"problems": linked(services.problems_of(protocol), protocol), "remarks": remarks_of(protocol)}
        if form.is_valid():
            context |= refusal or in_full(protocol, form, self._page(protocol, form))
        return self.shown(request, "aftercare/protocols/preview.html", _("Preview"), context)

    def email_view(self, request: HttpRequest, pk: int, key: str) -> HttpResponse:
        """One email as it is sent, alone."""
        protocol, form = self._asked_for(request, pk)
        if not form.is_valid() or _too_many(protocol):
            raise Http404
        found = next((one for one in messages_to_be(protocol, form) if one.key == key), None)
        if found is None:
            raise Http404
        return HttpResponse(found.html)

    def _page(self, protocol: Protocol, form: PreviewForm) -> Callable[[Previewed], str]:
        asked = urlencode({name: form[name].value() for name in form.fields})
        return lambda one: f"{reverse('admin:aftercare_protocol_preview_email', args=[protocol.pk, one.key])}?{asked}"

    def _asked_for(self, request: HttpRequest, pk: int) -> tuple[Protocol, PreviewForm]:
        return self.protocol_or_404(request, pk), PreviewForm(request.GET.dict())


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
