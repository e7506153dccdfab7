"""What all pages of protocols share: finding one, who may, and the ways between them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from aftercare.domain.checking import Problem
from aftercare.models import Protocol, ProtocolStep


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

    def step_or_404(self, request: HttpRequest, pk: int) -> ProtocolStep:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found: ProtocolStep = get_object_or_404(ProtocolStep.objects.select_related("protocol"), pk=pk)
        return found

    def step_to_change(self, request: HttpRequest, pk: int) -> ProtocolStep:
        if not self.has_change_permission(request):
            raise PermissionDenied
        return self.step_or_404(request, pk)

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
