from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.admin.refusals import RefusalsOnForm
from scheduling.domain.states import Status
from scheduling.forms import UntouchedStays
from scheduling.models import Course


class CourseForm(UntouchedStays):
    """Only the interval is set by hand: everything else follows from the appointments."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=200, help_text=_("Needed to shorten the interval."))

    class Meta:
        model = Course
        fields = ["minimum_interval_days"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        days = cleaned.get("minimum_interval_days")
        if days is not None and days < self.initial["minimum_interval_days"] and not cleaned.get("reason"):
            self.add_error("reason", _("Say why the interval is shortened: it goes into the record."))
        return cleaned


@admin.register(Course)
class CourseAdmin(RefusalsOnForm):
    form = CourseForm
    list_display = ["patient_name", "treatment", "done", "minimum_interval_days", "started_at", "ended_at"]
    list_filter = ["treatment", ("ended_at", admin.EmptyFieldListFilter)]
    search_fields = ["patient__first_name", "patient__last_name"]
    list_select_related = ["patient", "treatment"]
    ordering = ["-started_at", "-pk"]
    fields = ["patient_name", "treatment", "done", "started_at", "ended_at", "minimum_interval_days", "reason"]
    readonly_fields = ["patient_name", "treatment", "done", "started_at", "ended_at"]
    refusal_fields = {"too_soon": "minimum_interval_days"}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # booking opens a course

    def has_delete_permission(self, request: HttpRequest, obj: Course | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Course]:
        fulfilled = Count("appointment", filter=Q(appointment__status=Status.FULFILLED.value))
        return super().get_queryset(request).annotate(fulfilled=fulfilled)

    def save_model(self, request: HttpRequest, obj: Course, form: Any, change: bool) -> None:
        services.set_minimum_interval(obj, form.cleaned_data["minimum_interval_days"], by=cast(User, request.user))

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        before, after = form.initial["minimum_interval_days"], form.cleaned_data["minimum_interval_days"]
        return f"Minimum interval {before} → {after} days. {form.cleaned_data['reason']}".strip()

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, course: Course) -> str:
        return course.patient.full_name

    @admin.display(description=_("sessions done"))
    def done(self, course: Any) -> str:
        return f"{course.fulfilled} of {course.planned_sessions}"
