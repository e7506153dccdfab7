"""The pages on which appointments take a step: arrive, complete, cancel, no-show, reopen."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from scheduling import services
from scheduling.admin.names import say_of
from scheduling.admin.steps import STEPS, Outcome, Step
from scheduling.admin.ways_back import next_of
from scheduling.errors import BookingRefused
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
        appointments = list(queryset.select_related("patient", "course__treatment", "practitioner", "room", "location"))
        here = reverse("admin:scheduling_appointment_changelist")
        form = (step.form_of_list or step.form)(request.POST if "confirmed" in request.POST else None)
        if form.is_bound and form.is_valid():
            self._say(request, self._taken(request, step, appointments, form))
            return redirect(here)
        return self._shown(request, step, appointments, form, {"back": here, "is_action": True})

    def get_urls(self) -> list[URLPattern]:
        step = path("<int:pk>/step/<str:verb>/", self.admin_site.admin_view(self.step_view), name="scheduling_appointment_step")
        return [step, *super().get_urls()]

    def step_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """A POST takes the step, whether from this page or straight from a card, unless it is only to look once more: `preview`."""
        if verb not in STEPS:
            raise Http404
        appointment = self.appointment_or_404(request, pk)
        step, back = STEPS[verb], next_of(request)
        form = step.form(request.POST if request.method == "POST" else None, initial=self.suggestion(step, appointment))
        if form.is_bound and "preview" not in request.POST and form.is_valid():
            refusals = self._taken(request, step, [appointment], form)
            if not refusals:
                return redirect(self.way_on(request, step, appointment, back))
            if not form.fields:
                self._say(request, refusals)
                return redirect(back or _page_of(appointment))
            form.add_error(None, str(refusals[0][1]))  # what was typed stays
        return self._shown(request, step, [appointment], form, {"back": back or _page_of(appointment), "next": back})

    def appointment_or_404(self, request: HttpRequest, pk: int) -> Appointment:
        about = Appointment.objects.select_related("patient", "course__treatment", "practitioner", "room", "location")
        appointment: Appointment = get_object_or_404(about, pk=pk)
        if not self.has_change_permission(request, appointment):
            raise PermissionDenied
        return appointment

    # --- for whoever knows more ------------------------------------------------------------------------------------

    def suggestion(self, step: Step, appointment: Appointment) -> dict[str, Any]:
        """What the step's form starts with."""
        return step.suggestion(appointment)

    def answers(self, step: Step, appointment: Appointment, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What the step's service is called with."""
        return step.answers(appointment, cleaned)

    def explain(self, step: Step, appointments: list[Appointment]) -> list[str]:
        """What is said before the step is taken, in paragraphs."""
        return [str(step.explanation)] if step.explanation else []

    def outcome(self, step: Step, appointment: Appointment) -> Outcome:
        """What is said of an appointment that has taken the step."""
        return messages.SUCCESS, f"{step.done}."

    def way_on(self, request: HttpRequest, step: Step, appointment: Appointment, back: str) -> str:
        """Where one goes once it is taken; `back` is whence somebody came, where that is known."""
        return back or _page_of(appointment)

    def about_step(self, request: HttpRequest, step: Step, appointment: Appointment, form: forms.Form) -> dict[str, Any]:
        """What else an appointment's own page of that step shows."""
        return {}

    # ---------------------------------------------------------------------------------------------------------------

    def _taken(
        self, request: HttpRequest, step: Step, appointments: list[Appointment], form: forms.Form
    ) -> list[tuple[Appointment, BookingRefused]]:
        answers = partial(self.answers, step, cleaned=form.cleaned_data)
        return step.take(request, appointments, answers, partial(self.outcome, step))

    @staticmethod
    def _say(request: HttpRequest, refusals: list[tuple[Appointment, BookingRefused]]) -> None:
        for appointment, refusal in refusals:
            called = f"{appointment.patient.full_name}, {appointment.local_time_text}"
            say_of(request, messages.ERROR, appointment.patient, f"{called}: {refusal}")

    def _shown(
        self, request: HttpRequest, step: Step, appointments: list[Appointment], form: forms.Form, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": step.label,
            "step": step,
            "explanations": self.explain(step, appointments),
            "form": form,
            "appointments": appointments,
            "opts": self.opts,
        }
        if len(appointments) == 1 and not context.get("is_action"):
            context |= {"appointment": appointments[0], "refusal": _why_not(step, appointments[0])}
            context |= self.about_step(request, step, appointments[0], form)
        return TemplateResponse(request, [f"scheduling/step_{step.verb}.html", "scheduling/step.html"], context)


def _page_of(appointment: Appointment) -> str:
    return reverse("admin:scheduling_appointment_change", args=[appointment.pk])


def _why_not(step: Step, appointment: Appointment) -> str:
    """In a sentence, where the appointment can't take the step as it stands: somebody else was faster."""
    try:
        services.require_legal(appointment, step.target)
    except BookingRefused as refusal:
        return str(refusal)
    return ""
