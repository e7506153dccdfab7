from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare.admin.reading import ReadOnly
from aftercare.models import Plan, Protocol, ProtocolStep


class StepInline(admin.StackedInline):
    model = ProtocolStep
    readonly_fields = (
        "schedule",
        "facts",
        "texts_shown",
    )
    fields = readonly_fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("when"))
    def schedule(self, step: ProtocolStep) -> str:
        if step.at:
            clocks = " and ".join(f"{clock:%H:%M}" for clock in step.at)
            return f"at {clocks} local time, from {step.first_after_hours} h after the session on, {step.times} in all, by {step.channel}"
        every = f", then every {step.every_hours} h" if step.every_hours else ""
        return f"{step.first_after_hours} h after the session{every}, {step.times} in all, by {step.channel}"

    @admin.display(description=_("texts"))
    def texts_shown(self, step: ProtocolStep) -> SafeString:
        return format_html_join(
            "", '<h4>{}</h4><div class="message-text">{}</div>', ((text.get_language_display(), text.sms) for text in step.texts.all())
        )


@admin.register(Protocol)
class ProtocolAdmin(ReadOnly):
    list_display = ["name", "version", "published_at"]
    readonly_fields = (
        "name",
        "version",
        "published_at",
        "treatments",
    )
    fields = readonly_fields
    inlines = [StepInline]


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ["patient_name", "completed_at", "product", "protocol", "stopped_at", "stop_reason"]
    list_select_related = ["appointment__patient", "product", "protocol"]
    search_fields = ["appointment__patient__first_name", "appointment__patient__last_name"]

    @admin.display(description=_("patient"))
    def patient_name(self, plan: Plan) -> str:
        return plan.appointment.patient.full_name
