"""The pages on which an appointment takes a step: the same one for an appointment's own button and for the list's actions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from scheduling import services
from scheduling.admin.names import say_of
from scheduling.domain.states import Status, may_become
from scheduling.errors import BookingRefused
from scheduling.forms import CancelForm, CompleteForm, CompleteSeveralForm, StepForm, on_the_wall
from scheduling.models import Appointment

LATE = timedelta(hours=1)
Outcome = tuple[int, str]  # the level of the note and its words


def at_any_time(appointment: Appointment, now: datetime) -> bool:
    return True


def on_its_day(appointment: Appointment, now: datetime) -> bool:
    return appointment.day_of(now) >= appointment.local_day


def once_it_began(appointment: Appointment, now: datetime) -> bool:
    return now >= appointment.starts_at


@dataclass(frozen=True, slots=True)
class Step:
    verb: str
    label: Any
    done: Any
    target: Status
    service: Callable[..., Appointment]
    form: type[forms.Form] = StepForm
    form_of_list: type[forms.Form] | None = None  # where the list's action asks for less
    froms: tuple[Status, ...] = ()  # narrower than the legal arrows, where two steps lead to the same status
    explanation: Any = ""
    may_start: Callable[[Appointment, datetime], bool] = at_any_time

    def is_open_to(self, appointment: Appointment, now: datetime) -> bool:
        """Whether its button is worth showing. The service judges again."""
        status = Status(appointment.status)
        is_legal = may_become(status, self.target) and (not self.froms or status in self.froms)
        return is_legal and not appointment.patient.erased_at and self.may_start(appointment, now)

    def suggestion(self, appointment: Appointment) -> dict[str, Any]:
        """What the form starts with."""
        if self.form is not CompleteForm:
            return {}
        now = timezone.now()
        # Ticked off long afterwards, the planned end is the better guess: every dose counts from it.
        ended_at = now if now < appointment.ends_at + LATE else appointment.ends_at
        return {
            "completed_at": ended_at.astimezone(appointment.zone).replace(second=0, microsecond=0, tzinfo=None),
            "wants_quiet_nights": "quiet" if appointment.patient.wants_quiet_nights else "texts",
        }

    def answers(self, appointment: Appointment, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What was answered, as the service takes it: a time is the clock at the appointment's location."""
        completed_at = cleaned.get("completed_at")
        return cleaned | {"completed_at": on_the_wall(completed_at, appointment.zone)} if completed_at else cleaned

    def take(
        self,
        request: HttpRequest,
        appointments: Iterable[Appointment],
        answers: Callable[[Appointment], dict[str, Any]],
        outcome: Callable[[Appointment], Outcome],
    ) -> list[tuple[Appointment, BookingRefused]]:
        """Take the step with each appointment, say of each that took it what came of it, and return those that were refused."""
        refused = []
        for appointment in appointments:
            try:
                taken = self.service(appointment, **answers(appointment), by=request.user)
            except BookingRefused as refusal:
                refused.append((appointment, refusal))
            else:
                level, said = outcome(taken)
                called = f"{taken.patient.full_name}, {taken.local_time_text}"
                is_markup = isinstance(said, SafeString)  # a link that leads on
                sentence = format_html("{}: {}", called, said) if is_markup else f"{called}: {said}"
                say_of(request, level, taken.patient, sentence)
        return refused


STEPS = {
    step.verb: step
    for step in (
        Step(
            "arrive",
            _("Arrived"),
            _("arrived"),
            Status.ARRIVED,
            services.arrive,
            froms=(Status.BOOKED, Status.NOSHOW),
            may_start=on_its_day,
        ),
        Step(
            "complete",
            _("Complete"),
            _("completed; aftercare is on its way"),
            Status.FULFILLED,
            services.complete,
            CompleteForm,
            CompleteSeveralForm,
            explanation=_("The session is over. The patient's aftercare messages start now."),
            may_start=once_it_began,
        ),
        Step(
            "cancel",
            _("Cancel the appointment"),
            _("cancelled; the patient is told"),
            Status.CANCELLED,
            services.cancel,
            CancelForm,
            explanation=_("Time and room become free. The patient is told, and nothing more goes out about this session."),
        ),
        Step(
            "no-show",
            _("No-show"),
            _("marked as a no-show"),
            Status.NOSHOW,
            services.mark_no_show,
            explanation=_("The patient didn't come. Time and room become free."),
            may_start=once_it_began,
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
        Step(
            "not-here",
            _("Not here yet"),
            _("not here yet after all"),
            Status.BOOKED,
            services.undo_arrival,
            explanation=_("Takes a mistaken check-in back. The appointment stays booked."),
        ),
    )
}
