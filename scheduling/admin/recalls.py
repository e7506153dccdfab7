"""What was done about recalls, to be read: only services write it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduling.admin.names import badge
from scheduling.models import RecallAction
from scheduling.services.staff import staff_name


@admin.register(RecallAction)
class RecallActionAdmin(admin.ModelAdmin):
    list_display = ["at", "patient_name", "way", "outcome_badge", "reason", "hidden_until", "who", "taken_back_at"]
    list_filter = ["way", "outcome"]
    list_select_related = ["patient", "by"]
    list_per_page = 50
    show_full_result_count = False
    counted = _("calls and recalls")
    fields = (
        *("patient_link", "session_link", "at", "way", "outcome_badge", "reason", "note", "hidden_until", "answered_at", "who"),
        *("taken_back_at", "who_took_it_back"),
    )
    readonly_fields = ("patient_link", "session_link", "outcome_badge", "who", "who_took_it_back")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: RecallAction | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RecallAction | None = None) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        action = self.get_object(request, object_id)
        subtitle = action.patient.full_name if action else None
        return super().change_view(request, object_id, form_url, {"subtitle": subtitle, **(extra_context or {})})

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, action: RecallAction) -> str:
        return action.patient.full_name

    @admin.display(description=_("patient"))
    def patient_link(self, action: RecallAction) -> SafeString:
        address = reverse("admin:scheduling_patient_change", args=[action.patient_id])
        return format_html('<a href="{}">{}</a>', address, action.patient.label)

    @admin.display(description=_("after the session"))
    def session_link(self, action: RecallAction) -> SafeString:
        address = reverse("admin:scheduling_appointment_change", args=[action.session_id])
        return format_html('<a href="{}">{}</a>', address, action.session.local_time_text)

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_badge(self, action: RecallAction) -> SafeString:
        return badge(f"recall-{action.outcome}", action.get_outcome_display())

    @admin.display(description=_("by"), ordering="by")
    def who(self, action: RecallAction) -> str:
        return staff_name(action.by)

    @admin.display(description=_("taken back by"))
    def who_took_it_back(self, action: RecallAction) -> str:
        return staff_name(action.taken_back_by)
