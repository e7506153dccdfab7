from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import navigation
from clinic.dashboard import dashboard


class ClinicAdminSite(AdminSite):
    site_title = "Afterglow"
    site_header = "Afterglow"
    index_title = _("Today at the clinic")
    enable_nav_sidebar = False  # the header leads everywhere

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return super().each_context(request) | navigation.frame(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        return apps if app_label else navigation.grouped(apps)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().index(request, {"dashboard": dashboard(request.user, timezone.now()), **(extra_context or {})})
