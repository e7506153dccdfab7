"""The pages on which an appointment takes a step: the same one for an appointment's own button and for the list's actions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.domain.states import Status, may_become
from scheduling.errors import BookingRefused
from scheduling.forms import CancelForm, CompleteForm, StepForm, on_the_wall
from scheduling.models import Appointment


@dataclass(frozen=True, slots=True)
class Step:
    verb: str
    label: Any
    done: Any
    target: Status
    service: Callable[..., Appointment]
    form: type[forms.Form] = StepForm
    froms: tuple[Status, ...] = ()  # narrower than the legal arrows, where two steps lead to the same status
    explanation: Any = ""

    def is_open_to(self, appointment: Appointment) -> bool:
        status = Status(appointment.status)
        return may_become(status, self.target) and (not self.froms or status in self.froms)

    def suggestion(self, appointments: list[Appointment]) -> dict[str, Any]:
        """What the form starts with. Several sessions have no one end, so theirs stays open."""
        if self.form is not CompleteForm or len(appointments) != 1:
            return {}
        [appointment] = appointments
        ends_at = services.usual_end(appointment, timezone.now())
        return {"completed_at": ends_at.astimezone(appointment.zone).replace(second=0, microsecond=0, tzinfo=None)}

    def take(self, request: HttpRequest, appointments: Iterable[Appointment], answers: dict[str, Any]) -> int:
        """Take the step with each appointment, say what became of it, and return how many took it."""
        done = 0
        for appointment in appointments:
            name = appointment.patient.full_name
            try:
                self.service(appointment, **_local(answers, appointment), by=request.user)
            except BookingRefused as refusal:
                messages.error(request, f"{name}, {appointment.local_time_text}: {refusal}")
            else:
                done += 1
                messages.success(request, f"{name}, {appointment.local_time_text}: {self.done}.")
        return done


def _local(answers: dict[str, Any], appointment: Appointment) -> dict[str, Any]:
    completed_at = answers.get("completed_at")
    return answers | {"completed_at": on_the_wall(completed_at, appointment.zone)} if completed_at else answers


STEPS = {
    step.verb: step
    for step in (
        Step("arrive", _("Arrived"), _("arrived"), Status.ARRIVED, services.arrive, froms=(Status.BOOKED, Status.NOSHOW)),
        Step(
            "complete",
            _("Complete"),
            _("completed; aftercare is on its way"),
            Status.FULFILLED,
            services.complete,
            CompleteForm,
            explanation=_("The session is over. The patient's aftercare messages start now."),
        ),
        Step(
            "cancel",
            _("Cancel the appointment"),
            _("cancelled"),
            Status.CANCELLED,
            services.cancel,
            CancelForm,
            explanation=_("Time and room are free again. The patient is told, and nothing more goes out about this session."),
        ),
        Step(
            "no-show",
            _("No-show"),
            _("marked as a no-show"),
            Status.NOSHOW,
            services.mark_no_show,
            explanation=_("The patient didn't come. Time and room are free again."),
        ),
        Step(
            "reopen",
            _("Reopen"),
            _("reopened"),
            Status.ARRIVED,
            services.reopen,
            froms=(Status.FULFILLED,),
            explanation=_("Takes the completion back: aftercare messages that haven't gone out are cancelled."),
        ),
    )
}
