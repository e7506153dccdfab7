"""Pages that are there to be read: what they show is written by services only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString


def badge(status: str, label: Any) -> SafeString:
    return format_html('<span class="status status-{}">{}</span>', status, label)


class ReadOnly(admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    led_to_by: tuple[str, ...] = ()  # what other pages' links ask for, beside the filters

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Only what the page offers: an address that it masks could be guessed digit by digit, with `?address__startswith=`."""
        filters = {getattr(shown, "parameter_name", shown) for shown in self.list_filter}
        return lookup in self.led_to_by or (lookup.partition("__")[0] in filters and super().lookup_allowed(lookup, value, request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
