"""Who is told of a concern. Nobody is deleted: what they were told of stays with the concern."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from aftercare import services
from aftercare.forms.on_call import OnCallForm, next_turn
from aftercare.models import OnCallContact
from scheduling.models import Location


@admin.register(OnCallContact)
class OnCallContactAdmin(admin.ModelAdmin):
    form = OnCallForm
    list_display = ["name", "position", "phone", "email", "where", "is_active"]
    list_filter = ["is_active", "locations"]
    fields = ["name", "user", "phone", "email", "locations", "position", "is_active"]
    filter_horizontal = ["locations"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OnCallContact]:
        return super().get_queryset(request).prefetch_related("locations")

    @admin.display(description=gettext_lazy("where"))
    def where(self, contact: OnCallContact) -> str:
        return ", ".join(str(location) for location in contact.locations.all()) or _("everywhere")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"position": next_turn()} | super().get_changeform_initial_data(request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Only now its locations are known."""
        super().save_related(request, form, formsets, change)
        for location in Location.objects.all():
            if services.nobody_on_call(location):
                messages.warning(request, _("At %(location)s nobody is on call now: add somebody.") % {"location": location})
