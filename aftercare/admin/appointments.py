"""The appointment's page, with what was told about it and what became of that."""

from typing import Any

from django.contrib import admin
from django.contrib.messages import SUCCESS, WARNING
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.admin.lines import link_to_all, table_of, with_all_it_shows
from aftercare.admin.remedies import to_reach
from aftercare.models import CareMessage
from scheduling.admin import AppointmentAdmin
from scheduling.admin.steps import Outcome, Step
from scheduling.models import Appointment

MOST_SHOWN = 50
WITHOUT_MESSAGES = {"complete": _("The session is over."), "cancel": _("Time and room are free again.")}
DONE_WITHOUT_MESSAGES = {"complete": _("completed"), "cancel": _("cancelled")}

admin.site.unregister(Appointment)


@admin.register(Appointment)
class AppointmentWithMessagesAdmin(AppointmentAdmin):
    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        field = "whole_messages" if request.user.has_perm("aftercare.view_addresses") else "messages"
        told = [(_("Messages"), {"fields": [field]})] if obj and request.user.has_perm("aftercare.view_caremessage") else []
        return [*super().get_fieldsets(request, obj), *told]

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(["messages", "whole_messages"] if obj else [])]

    # --- what a step does to her messages --------------------------------------------------------------------------

    def explain(self, step: Step, appointments: list[Appointment]) -> list[str]:
        """Where some get no messages, it says who and why; the usual words are for the others."""
        said = [said for appointment in appointments if (said := _goes_without(step, appointment))]
        if not said:
            return super().explain(step, appointments)
        usual = super().explain(step, appointments) if len(said) < len(appointments) else [str(WITHOUT_MESSAGES[step.verb])]
        return [*usual, *said]

    def outcome(self, step: Step, appointment: Appointment) -> Outcome:
        said = _goes_without(step, appointment)
        if not said:
            return super().outcome(step, appointment)
        return (WARNING if step.verb == "complete" else SUCCESS), f"{DONE_WITHOUT_MESSAGES[step.verb]}. {said}"

    # --- what is shown ---------------------------------------------------------------------------------------------

    @admin.display(description="")
    def messages(self, appointment: Appointment) -> SafeString:
        return _messages(appointment)

    @admin.display(description="")
    def whole_messages(self, appointment: Appointment) -> SafeString:
        return _messages(appointment, whole=True)


def _messages(appointment: Appointment, *, whole: bool = False) -> SafeString:
    """Newest first, with those of its aftercare: what went out and what is to come."""
    lines = with_all_it_shows(CareMessage.objects.filter(appointment=appointment).without_replaced())[:MOST_SHOWN]
    return format_html(
        "{}{}", table_of(lines, whole=whole), link_to_all(_("All messages about this appointment"), appointment=appointment.pk)
    )


def _goes_without(step: Step, appointment: Appointment) -> str:
    """In a sentence or two, why she gets no messages when the appointment takes, or has taken, this step; "" where she gets them."""
    patient = appointment.patient
    if step.verb == "complete" and (why := services.why_unreachable(patient)):
        return f"No aftercare can go out: {why}. {to_reach(patient, why)}"
    if step.verb == "cancel" and (why := services.why_not_called_off(appointment, timezone.now())):
        return f"{patient.first_name} isn't told: {why}."
    return ""
