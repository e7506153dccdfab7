"""The admin site: Django's own, with our pages in it and patients called by their names."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _


class NamedAutocomplete(AutocompleteJsonView):
    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        # str() of a patient is made for logs and holds no name.
        return super().serialize_result(obj, to_field_name) | {"text": getattr(obj, "label", str(obj))}


class ClinicAdminSite(AdminSite):
    site_title = "Afterglow"
    site_header = "Afterglow"
    index_title = _("Today at the clinic")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        from scheduling.views import maintenance_due_page

        pages: list[URLResolver | URLPattern] = [
            path("maintenance-due/", self.admin_view(maintenance_due_page), name="maintenance_due"),
        ]
        return pages + super().get_urls()

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view: Any = NamedAutocomplete.as_view(admin_site=self)
        return view(request)
