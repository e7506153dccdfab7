"""The address of a practitioner's calendar, on a page of its own below hers."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from scheduling.models import Practitioner
from scheduling.views.calendar import calendar_address_page


class CalendarPages(admin.ModelAdmin):
    change_form_template = "scheduling/practitioner_form.html"

    def get_urls(self) -> list[URLPattern]:
        page = path("<int:pk>/calendar/", self.admin_site.admin_view(self.calendar_view), name="scheduling_practitioner_calendar")
        return [page, *super().get_urls()]

    def calendar_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm("scheduling.view_calendarfeed"):
            raise PermissionDenied
        practitioner = get_object_or_404(Practitioner, pk=pk)
        return calendar_address_page(
            request,
            practitioner,
            title=_("Calendar address"),
            may_make=request.user.has_perm("scheduling.add_calendarfeed"),
            may_revoke=request.user.has_perm("scheduling.change_calendarfeed"),
            back=reverse("admin:scheduling_practitioner_change", args=[pk]),
        )

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        context["may_see_calendar"] = request.user.has_perm("scheduling.view_calendarfeed")
        return super().render_change_form(request, context, *args, **kwargs)
