from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduling.admin.answer_pages import AnswerPages
from scheduling.admin.booking_pages import BookingPages
from scheduling.admin.completion_pages import CompletionPages, next_page
from scheduling.admin.filters import AnswerFilter, StatusFilter, WhenFilter
from scheduling.admin.moved import moves_of
from scheduling.admin.moving_pages import MovingPages
from scheduling.admin.names import CalledByName, badge
from scheduling.admin.steps import STEPS
from scheduling.domain.states import COMING
from scheduling.models import Appointment, Patient
from scheduling.services.staff import staff_name
from scheduling.views.just_moved import undo_of


class ShownForm(forms.ModelForm):
    """Saved as it was read, an appointment would lose what somebody else has done with it meanwhile."""

    def clean(self) -> dict[str, Any]:
        raise ValidationError(_("Nothing is changed here: press one of the buttons above."))


@admin.register(Appointment)
class AppointmentAdmin(AnswerPages, BookingPages, CompletionPages, MovingPages, CalledByName):
    form = ShownForm
    list_display = ["time", "patient_name", "treatment", "practitioner", "room", "status_badge", "answer"]
    list_display_links = ["time", "patient_name"]
    list_filter = [WhenFilter, AnswerFilter, StatusFilter, "location", "practitioner"]
    list_select_related = ["patient", "course__treatment", "practitioner", "room__location"]
    list_per_page = 50
    search_fields = ["patient__searchable"]
    search_help_text = _("Any part of the patient's name, phone number or birth date")
    change_form_template = "scheduling/appointment_form.html"

    # --- what is shown ---------------------------------------------------------------------------------------------

    def name_of(self, obj: Appointment) -> str:
        return f"{obj.patient.full_name}, {obj.local_time_text}"

    @admin.display(description=_("time"), ordering="during")
    def time(self, appointment: Appointment) -> str:
        return appointment.local_time_text

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, appointment: Appointment) -> str:
        return appointment.patient.full_name

    @admin.display(description=_("treatment"))
    def treatment(self, appointment: Appointment) -> str:
        return str(appointment.course.treatment)

    @admin.display(description=_("status"), ordering="status")
    def status_badge(self, appointment: Appointment) -> SafeString:
        return badge(appointment.status, appointment.get_status_display())

    @admin.display(description=_("patient"))
    def patient_link(self, appointment: Appointment) -> SafeString:
        address = reverse("admin:scheduling_patient_change", args=[appointment.patient_id])
        return format_html('<a href="{}">{}</a>', address, appointment.patient.label)

    @admin.display(description="")
    def where_it_was(self, appointment: Appointment) -> SafeString:
        return moves_of(appointment)

    @admin.display(description=_("booked by"))
    def who_booked(self, appointment: Appointment) -> str:
        return staff_name(appointment.booked_by) or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        if obj is None:
            return []
        said = ["answer"] if obj.confirmed_at or obj.move_requested_at else []
        about = ["patient_link", "treatment", "status_badge", *said, *(["status_reason"] if obj.status_reason else [])]
        fields = [*about, "time", "practitioner", "room", *(["completed_at"] if obj.completed_at else [])]
        moved = [(_("Moves"), {"fields": ["where_it_was"]})] if obj.moves.exists() else []
        return [(None, {"fields": fields}), (_("Booking"), {"fields": ["price", "booked_at", "who_booked"]}), *moved]

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> list[str]:
        """All of it, once it is booked: its steps and its move have pages of their own."""
        if obj is None:
            return []
        about = ["patient_link", "treatment", "status_badge", "status_reason", "time", "practitioner", "room", "completed_at"]
        return [*about, "price", "booked_at", "who_booked", "answer", "where_it_was"]

    def has_delete_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return False  # an appointment is cancelled, never deleted

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Appointment | None = None,
    ) -> HttpResponse:
        if obj is not None:
            now = timezone.now()
            context["subtitle"] = f"{obj.patient.full_name}, {obj.local_time_text}"
            if self.has_change_permission(request, obj):
                context["may_confirm"] = self.may_be_confirmed(request, obj)
                context["may_wait"] = self.may_wait(request, obj)
                context["steps"] = [step for step in STEPS.values() if step.is_open_to(obj, now)]
                if obj.status not in COMING and not obj.patient.erased_at and self.has_add_permission(request):
                    context["next_page"] = next_page(obj)
                context["may_move"] = obj.status in COMING
                # One's own first: shown here, it is used up.
                context["undo"] = context.get("undo") or undo_of(request, obj, now)
            context |= {"show_save": False, "show_save_and_continue": False}  # nothing on the page can be changed
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        """What is to come is read in the order in which it comes."""
        is_coming = WhenFilter.asked_of(request) in WhenFilter.COMING or request.GET.get(AnswerFilter.parameter_name)
        return ["during"] if is_coming else ["-during"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Appointment], search_term: str
    ) -> tuple[QuerySet[Appointment], bool]:
        return (queryset.filter(patient__in=Patient.objects.matching(search_term)) if search_term.strip() else queryset), False
