"""The pages on which appointments take a step: arrive, complete, cancel, no-show, reopen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from scheduling.admin.steps import STEPS, Outcome, Step
from scheduling.models import Appointment


class StepPages(admin.ModelAdmin):
    """`explain` and `outcome` are for whoever knows more of what a step brings about: aftercare says what the patient is told."""

    actions = [*STEPS]

    def get_actions(self, request: HttpRequest) -> dict[str, tuple[Callable[..., Any], str, str] | None]:
        if not self.has_change_permission(request):
            return {}
        return {verb: (partial(self._step_action, step=step), verb, str(step.label)) for verb, step in STEPS.items()}

    def _step_action(
        self, modeladmin: admin.ModelAdmin, request: HttpRequest, queryset: QuerySet[Appointment], *, step: Step
    ) -> HttpResponse | None:
        appointments = list(queryset.select_related("patient", "course__treatment"))
        here = reverse("admin:scheduling_appointment_changelist")
        return self._step_page(request, step, appointments, here, confirmed="confirmed" in request.POST)

    def get_urls(self) -> list[URLPattern]:
        step = path("<int:pk>/step/<str:verb>/", self.admin_site.admin_view(self.step_view), name="scheduling_appointment_step")
        return [step, *super().get_urls()]

    def step_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        appointment = Appointment.objects.select_related("patient", "course__treatment").filter(pk=pk).first()
        if appointment is None or verb not in STEPS:
            raise Http404
        if not self.has_change_permission(request, appointment):
            raise PermissionDenied
        here = reverse("admin:scheduling_appointment_change", args=[pk])
        return self._step_page(request, STEPS[verb], [appointment], here, confirmed=request.method == "POST")

    def explain(self, step: Step, appointments: list[Appointment]) -> list[str]:
        """What is said before the step is taken, in paragraphs."""
        return [str(step.explanation)] if step.explanation else []

    def outcome(self, step: Step, appointment: Appointment) -> Outcome:
        """What is said of an appointment that has taken the step."""
        return messages.SUCCESS, f"{step.done}."

    def _step_page(self, request: HttpRequest, step: Step, appointments: list[Appointment], back: str, *, confirmed: bool) -> HttpResponse:
        form = step.form(request.POST if confirmed else None, initial=step.suggestion(appointments))
        if confirmed and form.is_valid():
            refusals = step.take(request, appointments, form.cleaned_data, partial(self.outcome, step))
            if not (refusals and len(appointments) == 1 and form.fields):
                for appointment, refusal in refusals:
                    messages.error(request, f"{appointment.patient.full_name}, {appointment.local_time_text}: {refusal}")
                return redirect(back)
            form.add_error(None, str(refusals[0][1]))  # what was typed stays
        context = {
            **self.admin_site.each_context(request),
            "title": step.label,
            "step": step,
            "explanations": self.explain(step, appointments),
            "form": form,
            "appointments": appointments,
            "back": back,
            "opts": self.opts,
            "is_action": "action" in request.POST,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "scheduling/step.html", context)
