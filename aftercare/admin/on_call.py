"""Who is told of a concern. Nobody is deleted: what they were told of stays with the concern."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from aftercare import services
from aftercare.models import OnCallContact
from scheduling.models import Location


@admin.register(OnCallContact)
class OnCallContactAdmin(admin.ModelAdmin):
    list_display = ["name", "position", "phone", "email", "is_active"]
    list_filter = ["is_active", "locations"]
    fields = ["name", "user", "phone", "email", "locations", "position", "is_active"]
    filter_horizontal = ["locations"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Only now its locations are known."""
        super().save_related(request, form, formsets, change)
        for location in Location.objects.all():
            if services.nobody_on_call(location):
                messages.warning(request, _("At %(location)s nobody is on call now: add somebody.") % {"location": location})
