"""The pages on which a clinician reads a version of a protocol, begins a wholly new one or the next version, and says what it is for."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.protocols.differences import details_of, news, of_details
from aftercare.admin.protocols.moving_over import plans_behind
from aftercare.admin.protocols.pages import Pages, about, former_of, linked, page_of, remarks_of, state_of
from aftercare.admin.protocols.words import facts_of, hours, in_words
from aftercare.errors import ChangedMeanwhile, NameTaken, NotADraft
from aftercare.forms.protocols import DetailsForm, NewProtocolForm
from aftercare.models import Protocol
from aftercare.services.protocols.drafts import details_seen
from aftercare.services.protocols.publishing import why_not_retire


class VersionPages(Pages):
    """A published version is only read; a draft is changed on the same page."""

    def get_urls(self) -> list[URLPattern]:
        draft = self.admin_site.admin_view(require_POST(self.draft_view))
        return [path("<int:pk>/draft/", draft, name="aftercare_protocol_draft"), *super().get_urls()]

    # --- a wholly new one --------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewProtocolForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                begun = services.begin_protocol(**form.cleaned_data, by=cast(User, request.user), now=timezone.now())
            except NameTaken as refusal:
                form.add_error("name", str(refusal))
            else:
                self.log_addition(request, begun, _("Begun."))
                messages.success(request, _("“%(name)s” is begun. Nobody gets it before it is published.") % {"name": begun.name})
                return redirect(page_of(begun))
        return self.shown(request, "aftercare/protocols/new.html", _("New protocol"), {"form": form})

    # --- one version --------------------------------------------------------------------------------------------------

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            protocol = self.protocol_or_404(request, object_id)
        except Http404:
            return self.gone(request, DetailsForm(request.POST))
        may_change = protocol.is_draft and self.has_change_permission(request)
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        form = DetailsForm(request.POST if request.method == "POST" else None, initial=DetailsForm.of(protocol))
        seen = request.POST.get("seen", "") if form.is_bound else details_seen(protocol)
        if form.is_bound and form.is_valid():
            before = details_of(protocol)
            try:
                described = services.describe(protocol, **form.cleaned_data, seen=seen)
            except (ChangedMeanwhile, NotADraft) as refusal:
                form.add_error(None, str(refusal))
                seen = details_seen(protocol)
            else:
                if changed := of_details(before, details_of(described)):
                    self.log_change(request, protocol, " ".join(changed))
                messages.success(request, _("Saved."))
                return redirect(page_of(protocol))
        prefetch_related_objects([protocol], "steps__texts")  # nearly all that follows asks for them
        former = former_of(protocol)
        problems = services.problems_of(protocol) if protocol.is_draft else []
        steps = [
            {
                "row": row,
                "words": in_words(step),
                "valid_for": hours(step.valid_for),
                "problems": about(problems, step.slug),
                "facts": facts_of([step]),
            }
            for row in protocol.steps.all()
            for step in [row.as_domain()]
        ]
        context = {
            "protocol": protocol,
            "may_change": may_change,
            "form": form if may_change or form.is_bound else None,
            "seen": seen,
            "problems": linked(problems, protocol),
            "steps": steps,
            "facts": facts_of(row.as_domain() for row in protocol.steps.all()),
            "state": state_of(protocol),
            "versions": Protocol.objects.filter(slug=protocol.slug).exclude(pk=protocol.pk).order_by("-version"),
            "draft": Protocol.objects.filter(slug=protocol.slug, published_at=None).exclude(pk=protocol.pk).first(),
            "may_begin": self.has_change_permission(request) and not protocol.is_draft,
            "may_retire": self.has_change_permission(request) and not why_not_retire(protocol),
            "behind": plans_behind(request, protocol),
            "remarks": remarks_of(protocol) if protocol.is_draft else [],
            "news": news(former, protocol) if former else None,
        }
        return self.shown(request, "aftercare/protocols/version.html", str(protocol), context)

    # --- the next one -------------------------------------------------------------------------------------------------

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        now = timezone.now()
        draft = services.draft_of(protocol, by=cast(User, request.user), now=now)
        if draft.made_at == now:
            self.log_addition(request, draft, _("Begun as a copy of %(protocol)s.") % {"protocol": protocol})
        return redirect(page_of(draft))
