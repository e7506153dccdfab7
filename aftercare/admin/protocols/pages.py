"""What all pages of protocols share: finding one, who may, and the ways between them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aftercare.domain.checking import Problem
from aftercare.domain.remarks import remarks_on
from aftercare.forms.protocols import Words
from aftercare.models import Protocol, ProtocolStep
from aftercare.services.protocols.drafts import STEP_GONE


class Pages(admin.ModelAdmin):
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

    def gone(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        """There is no such version, perhaps as somebody has discarded it meanwhile: what was typed for it is shown, to be copied.

        Raises Http404 where nothing was typed.
        """
        called = dict(settings.PATIENT_LANGUAGES)
        typed = [
            {"label": field.label, "code": code, "language": called.get(code, ""), "words": field.value()}
            for field in form
            for code in [field.field.widget.attrs.get("lang", "")]
            if request.method == "POST" and isinstance(field.field, Words) and field.value()
        ]
        if not typed:
            raise Http404
        answer = self.shown(request, "aftercare/protocols/gone.html", _("The draft is gone"), {"typed": typed})
        answer.status_code = 404
        return answer

    def step_is_gone(self, request: HttpRequest, protocol: Protocol) -> HttpResponse:
        messages.warning(request, STEP_GONE)
        return redirect(page_of(protocol))

    def shown(self, request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, template, shared | context)


def page_of(protocol: Protocol) -> str:
    return reverse("admin:aftercare_protocol_change", args=[protocol.pk])


def page_of_step(row: ProtocolStep) -> str:
    return reverse("admin:aftercare_protocolstep_change", args=[row.protocol_id, row.pk])


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
    pages = {row.slug: page_of_step(row) for row in protocol.steps.all()}
    return [(pages.get(problem.step, ""), problem) for problem in problems]


def remarks_of(protocol: Protocol) -> list[tuple[str, str, str]]:
    """(the address of its step's page, its step, what it says)"""
    return [(page_of_step(row), row.slug, said) for row in protocol.steps.all() for said in remarks_on(row.as_domain())]


def former_of(protocol: Protocol) -> Protocol | None:
    """The published version that this one follows, or would."""
    earlier = Protocol.objects.filter(slug=protocol.slug, version__lt=protocol.version).exclude(published_at=None)
    return earlier.order_by("-version").first()
