"""The pages on which a clinician reads a protocol, begins its next version, publishes it or takes it out of use."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.move_over_pages import plans_behind
from aftercare.admin.protocol_words import differences, facts_of, hours, in_words, rewordings
from aftercare.domain.checking import Problem
from aftercare.domain.remarks import remarks_on
from aftercare.errors import ChangedMeanwhile, NameTaken, NotADraft, Refused
from aftercare.forms.protocols import DetailsForm, NewProtocolForm
from aftercare.models import Plan, Protocol
from aftercare.services.protocols.drafts import details_seen
from aftercare.services.protocols.publishing import why_not_retire


class ProtocolPages(admin.ModelAdmin):
    """A published version is only read; a draft is changed on the same page."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/draft/", view(require_POST(self.draft_view)), name="aftercare_protocol_draft"),
            path("<int:pk>/publish/", view(self.publish_view), name="aftercare_protocol_publish"),
            path("<int:pk>/retire/", view(self.retire_view), name="aftercare_protocol_retire"),
            path("<int:pk>/discard/", view(self.discard_view), name="aftercare_protocol_discard"),
            *super().get_urls(),
        ]

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
                self.log_addition(request, begun, "begun")
                messages.success(request, _("“%(name)s” is begun. Nobody gets it before it is published.") % {"name": begun.name})
                return redirect(page_of(begun))
        return self.shown(request, "aftercare/protocol_new.html", _("New protocol"), {"form": form})

    # --- one version --------------------------------------------------------------------------------------------------

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        protocol = self.protocol_or_404(request, object_id)
        may_change = protocol.is_draft and self.has_change_permission(request)
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        form = DetailsForm(request.POST if request.method == "POST" else None, initial=DetailsForm.of(protocol))
        if form.is_bound and form.is_valid():
            try:
                services.describe(protocol, **form.cleaned_data, seen=request.POST.get("seen", ""))
            except (ChangedMeanwhile, NotADraft) as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("Saved."))
                return redirect(page_of(protocol))
        problems = services.problems_of(protocol) if protocol.is_draft else []
        steps = [
            {
                "row": row,
                "words": in_words(step),
                "valid_for": hours(step.valid_for),
                "problems": about(problems, step.slug),
                "facts": facts_of([step]),
            }
            for row in protocol.steps.prefetch_related("texts")
            for step in [row.as_domain()]
        ]
        context = {
            "protocol": protocol,
            "may_change": may_change,
            "form": form if may_change or form.is_bound else None,
            "seen": details_seen(protocol),
            "problems": linked(problems, protocol),
            "steps": steps,
            "facts": facts_of(row.as_domain() for row in protocol.steps.all()),
            "state": state_of(protocol),
            "versions": Protocol.objects.filter(slug=protocol.slug).exclude(pk=protocol.pk).order_by("-version"),
            "draft": Protocol.objects.filter(slug=protocol.slug, published_at=None).exclude(pk=protocol.pk).first(),
            "may_begin": self.has_change_permission(request) and not protocol.is_draft,
            "may_retire": self.has_change_permission(request) and not why_not_retire(protocol),
            "behind": plans_behind(request, protocol),
        }
        return self.shown(request, "aftercare/protocol.html", str(protocol), context)

    # --- what becomes of it -------------------------------------------------------------------------------------------

    def draft_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        draft = services.draft_of(protocol, by=cast(User, request.user), now=timezone.now())
        return redirect(page_of(draft))

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        problems = services.problems_of(protocol) if protocol.is_draft else []
        former = Protocol.objects.newest().filter(slug=protocol.slug).first()
        news = differences(former.as_domain(), protocol.as_domain(), dict(settings.PATIENT_LANGUAGES)) if former else []
        return self._confirmed(
            request,
            protocol,
            lambda: services.publish(protocol, by=cast(User, request.user), now=timezone.now()),
            title=_("Publish %(protocol)s") % {"protocol": protocol},
            button=_("Publish"),
            done=_("%(protocol)s is published: sessions completed from now on follow it.") % {"protocol": protocol},
            explained=_what_publishing_does(protocol, former),
            news=news,
            changes=rewordings(former.as_domain(), protocol.as_domain(), dict(settings.PATIENT_LANGUAGES)) if former else [],
            remarks=[f"“{row.slug}”: {said}" for row in protocol.steps.all() for said in remarks_on(row.as_domain())],
            has_former=former is not None,
            refused="" if protocol.is_draft else _("%(protocol)s is published already.") % {"protocol": protocol},
            problems=linked(problems, protocol),
        )

    def retire_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        return self._confirmed(
            request,
            protocol,
            lambda: services.retire(protocol, by=cast(User, request.user), now=timezone.now()),
            title=_("Take %(name)s out of use") % {"name": protocol.name},
            button=_("Take it out of use"),
            done=_("%(name)s is out of use.") % {"name": protocol.name},
            explained=[
                _("No session that is completed from now on follows it, in whichever version. Its treatments follow “%(general)s”.")
                % {"general": _general_beside(protocol)},
                _("Plans under way go on to their end. Publishing a new version brings it back into use."),
            ],
            refused=why_not_retire(protocol),
        )

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        protocol = self.protocol_to_change(request, pk)
        back = reverse("admin:aftercare_protocol_changelist")
        return self._confirmed(
            request,
            protocol,
            lambda: services.discard(protocol),
            title=_("Discard the draft of %(name)s") % {"name": protocol.name},
            button=_("Discard the draft"),
            done=_("The draft is discarded."),
            explained=[_("Its steps and their words are gone for good. Published versions stay as they are.")],
            way_on=back,
            refused="" if protocol.is_draft else _("%(protocol)s is published: it can’t be discarded.") % {"protocol": protocol},
        )

    def _confirmed(
        self,
        request: HttpRequest,
        protocol: Protocol,
        do: Callable[[], Any],
        *,
        title: str,
        button: str,
        done: str,
        way_on: str = "",
        refused: str = "",
        **context: Any,
    ) -> HttpResponse:
        """A page that says what will happen, whose button makes it happen."""
        if request.method == "POST":
            try:
                do()
            except Refused as refusal:
                refused = str(refusal)
            else:
                if not way_on:
                    self.log_change(request, protocol, done)
                messages.success(request, done)
                return redirect(way_on or page_of(protocol))
        context |= {"protocol": protocol, "button": button, "refused": refused}
        return self.shown(request, "aftercare/protocol_confirm.html", title, context)

    # ------------------------------------------------------------------------------------------------------------------

    def protocol_or_404(self, request: HttpRequest, pk: Any) -> Protocol:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if not str(pk).isascii() or not str(pk).isdecimal() or len(str(pk)) > 18:
            pk = 0
        found: Protocol = get_object_or_404(Protocol.objects.select_related("made_by", "published_by", "retired_by"), pk=pk)
        return found

    def protocol_to_change(self, request: HttpRequest, pk: int) -> Protocol:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self.protocol_or_404(request, pk)

    def shown(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, template, shared | context)


def page_of(protocol: Protocol) -> str:
    return reverse("admin:aftercare_protocol_change", args=[protocol.pk])


def is_in_use(protocol: Protocol) -> bool:
    return Protocol.objects.in_use().filter(pk=protocol.pk).exists()


def state_of(protocol: Protocol) -> tuple[str, str]:
    """(as a class, in a word)"""
    if protocol.is_draft:
        return "draft", _("draft")
    if protocol.retired_at:
        return "retired", _("out of use")
    return ("in-use", _("in use")) if is_in_use(protocol) else ("replaced", _("replaced"))


def about(problems: list[Problem], slug: str, language: str | None = None) -> list[Problem]:
    return [problem for problem in problems if problem.step == slug and language in (None, problem.language)]


def linked(problems: list[Problem], protocol: Protocol) -> list[tuple[str, Problem]]:
    """Each with the address of the page where it is mended; "" for what is about the whole."""
    pages = {row.slug: reverse("admin:aftercare_protocolstep_change", args=[row.pk]) for row in protocol.steps.all()}
    return [(pages.get(problem.step, ""), problem) for problem in problems]


def _general_beside(protocol: Protocol) -> str:
    """The name of the protocol that treatments without their own follow, once this one is out of use."""
    general = Protocol.objects.in_use().filter(treatments=None).exclude(pk=protocol.pk).order_by("-published_at", "-pk").first()
    return general.name if general else ""


def _what_publishing_does(protocol: Protocol, former: Protocol | None) -> list[str]:
    names = [str(treatment) for treatment in protocol.treatments.all()]
    whose = ", ".join(names) if names else _("every treatment that has no protocol of its own")
    said = [_("Sessions that are completed from now on follow it, for %(whose)s.") % {"whose": whose}]
    if former:
        running = Plan.objects.filter(protocol__slug=protocol.slug, stopped_at=None, caremessage__planned_for__gt=timezone.now())
        number = running.distinct().count()
        kept = ngettext(
            "%(count)s plan under way keeps its version, unless you move it over afterwards.",
            "%(count)s plans under way keep their version, unless you move them over afterwards.",
            number,
        )
        said.append(kept % {"count": number} if number else _("No plan is under way."))
    said.append(_("Once it is published, nothing in it can be changed: a change is a new version."))
    return said
