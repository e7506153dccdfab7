from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduling.admin.import_pages import ImportPages
from scheduling.admin.names import CalledByName, badge
from scheduling.forms.due import BUCKETS
from scheduling.models import Appointment, Patient, Recall
from scheduling.reports import recalls_of
from scheduling.services import all_or_nothing


@admin.register(Patient)
class PatientAdmin(ImportPages, CalledByName):
    list_display = ["full_name", "birth_date", "phone", "email", "last_session"]
    list_display_links = ["full_name"]
    list_filter = ["hyperpigmentation_risk", "language"]
    search_fields = ["searchable"]
    search_help_text = _("Any part of a name, phone number, email or birth date (1990-03-12 or 3/12/1990)")
    list_per_page = 50
    readonly_fields = ["sessions", "recalls"]
    change_form_template = "scheduling/patient_form.html"
    fieldsets = [
        (None, {"fields": [("first_name", "last_name"), "birth_date"]}),
        (_("How to reach"), {"fields": [("phone", "email"), ("language", "time_zone"), "wants_quiet_nights"]}),
        (_("Skin"), {"fields": ["hyperpigmentation_risk", "active_products", "notes"]}),
        (_("Sessions"), {"fields": ["sessions"]}),
        (_("Recalls"), {"fields": ["recalls"]}),
    ]

    class Media:
        css = {"all": ["clinic/recalls.css"]}

    def name_of(self, obj: Patient) -> str:
        return obj.full_name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        fulfilled = Appointment.objects.fulfilled().filter(patient=OuterRef("pk")).order_by("-during")
        return super().get_queryset(request).annotate(last_session_at=Subquery(fulfilled.values("during__startswith")[:1]))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str) -> tuple[QuerySet[Patient], bool]:
        return queryset.matching(search_term), False  # type: ignore[attr-defined]

    def get_readonly_fields(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        judged = [] if request.user.has_perm("scheduling.assess_skin") else ["hyperpigmentation_risk"]
        return [*super().get_readonly_fields(request, obj), *judged]

    def get_fieldsets(self, request: HttpRequest, obj: Patient | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        left_out = set(self._left_out(request, obj))
        kept = ((name, {**about, "fields": [field for field in about["fields"] if field not in left_out]}) for name, about in fieldsets)
        return [(name, about) for name, about in kept if about["fields"]]

    def _left_out(self, request: HttpRequest, obj: Patient | None) -> Iterator[str]:
        if obj is None:
            yield "sessions"
        if obj is None or not Recall.objects.filter(patient=obj).exists():
            yield "recalls"
        if obj is None and not request.user.has_perm("scheduling.assess_skin"):
            yield "hyperpigmentation_risk"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        patient = self.get_object(request, object_id)
        about = {"subtitle": patient.full_name, "is_asked_back": _is_asked_back(patient)} if patient else {}
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What is queued for her follows in the transaction that saves her. Where somebody who has one of her messages waits for her, it is
        begun anew, as a whole: a savepoint wouldn't let go of her."""
        answer = super().changeform_view
        if request.method == "POST":
            answer = all_or_nothing(answer)
        return answer(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        obj.changed_by = cast(User, request.user)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("name"), ordering=("last_name"))
    def full_name(self, patient: Patient) -> str:
        return patient.full_name

    @admin.display(description=_("last session"), ordering="last_session_at")
    def last_session(self, patient: Any) -> str:
        return date_format(timezone.localtime(patient.last_session_at), "DATE_FORMAT") if patient.last_session_at else "–"

    @admin.display(description="")
    def sessions(self, patient: Patient) -> SafeString:
        appointments = Appointment.objects.filter(patient=patient).select_related("course__treatment", "practitioner", "location")
        rows = format_html_join(
            "",
            '<li><a href="{}">{}</a> · {} · {} · {}</li>',
            (
                (
                    reverse("admin:scheduling_appointment_change", args=[appointment.pk]),
                    appointment.local_time_text,
                    appointment.course.treatment,
                    appointment.practitioner,
                    badge(appointment.status, appointment.get_status_display()),
                )
                for appointment in appointments.order_by("-during")
            ),
        )
        return format_html('<ul class="sessions">{}</ul>', rows) if rows else format_html("{}", _("None yet."))

    @admin.display(description="")
    def recalls(self, patient: Patient) -> SafeString:
        """When she is due again, and what was done about it."""
        recalls = [(asked, BUCKETS[asked.bucket] if asked.bucket else "") for asked in recalls_of(patient, timezone.now())]
        return render_to_string("scheduling/_recalls.html", {"recalls": recalls})


def _is_asked_back(patient: Patient) -> bool:
    return Recall.objects.filter(patient=patient, came_back_on=None).exists()
