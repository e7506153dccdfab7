"""Who took the report out of the house: to be read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from scheduling.models import ReportExport


@admin.register(ReportExport)
class ReportExportAdmin(admin.ModelAdmin):
    list_display = ["at", "user", "format", "as_of", "has_addresses", "ending", "rows"]
    list_filter = ["format", "has_addresses", "ending", "at"]
    list_select_related = ["user"]
    list_per_page = 50
    fields = ["at", "user", "format", "as_of", "words", "query", "has_addresses", "ending", "rows", "finished_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
