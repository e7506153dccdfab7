"""The appointment's page, with what was told about it and what became of that."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare.admin.lines import link_to_all, table_of, with_all_it_shows
from aftercare.models import CareMessage
from scheduling.admin import AppointmentAdmin
from scheduling.models import Appointment

MOST_SHOWN = 50

admin.site.unregister(Appointment)


@admin.register(Appointment)
class AppointmentWithMessagesAdmin(AppointmentAdmin):
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        told = [(_("Messages"), {"fields": ["messages"]})] if obj and request.user.has_perm("aftercare.view_caremessage") else []
        return [*super().get_fieldsets(request, obj), *told]

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["messages"] if obj else [])]

    @admin.display(description="")
    def messages(self, appointment: Appointment) -> SafeString:
        """Newest first, with those of its aftercare."""
        lines = with_all_it_shows(CareMessage.objects.filter(appointment=appointment))[: MOST_SHOWN + 1]
        more = link_to_all(_("All messages about this appointment"), appointment=appointment.pk) if len(lines) > MOST_SHOWN else ""
        return format_html("{}{}", table_of(lines[:MOST_SHOWN]), more)
