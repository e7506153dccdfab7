"""A step is removed, or stands elsewhere in the list."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.protocols.pages import Pages, page_of
from aftercare.errors import Refused


class ArrangingPages(Pages):
    def get_urls(self) -> list[URLPattern]:
        view, one = self.admin_site.admin_view, "<int:pk>/step/<int:step_pk>/"
        return [
            path(f"{one}remove/", view(self.step_remove_view), name="aftercare_protocolstep_remove"),
            path(f"{one}shift/", view(require_POST(self.step_shift_view)), name="aftercare_protocolstep_shift"),
            *super().get_urls(),
        ]

    def step_remove_view(self, request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        row = protocol.steps.filter(pk=step_pk).first()
        if row is None:
            return self.step_is_gone(request, protocol)
        refused = "" if protocol.is_draft else _("%(protocol)s is published: it can’t be changed.") % {"protocol": protocol}
        if request.method == "POST":
            try:
                services.remove_step(row)
            except Refused as refusal:
                refused = str(refusal)
            else:
                removed = _("“%(step)s” is removed.") % {"step": row.slug}
                self.log_change(request, protocol, removed)
                messages.success(request, removed)
                return redirect(page_of(protocol))
        context = {
            "protocol": protocol,
            "button": _("Remove the step"),
            "explained": [_("Its words go with it.")],
            "refused": refused,
        }
        return self.shown(request, "aftercare/protocols/confirm.html", _("Remove “%(step)s”") % {"step": row.slug}, context)

    def step_shift_view(self, request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        row = protocol.steps.filter(pk=step_pk).first()
        if row is None:
            return self.step_is_gone(request, protocol)
        try:
            services.shift_step(row, -1 if "earlier" in request.POST else 1)
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(f"{page_of(protocol)}#step-{row.pk}")
