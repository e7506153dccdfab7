"""The end of a session: what the desk is asked and shown as it completes it, and the next session."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduling import services
from scheduling.admin.free_times import Day, Time
from scheduling.admin.step_pages import StepPages
from scheduling.admin.steps import STEPS, Step
from scheduling.admin.ways_back import next_of
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused
from scheduling.forms import CompleteForm
from scheduling.forms.sent import local
from scheduling.models import Appointment, Patient, Product
from scheduling.reports import NextSession, next_session, times_for
from scheduling.reports.next_session import Days
from scheduling.services.free_slots import Slot

LEADS_TO_ANOTHER = ("complete", "no-show")


class CompletionPages(StepPages):
    """`foresee` and `usual_product` are for whoever knows what the patient is told, and what she was given before."""

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/step/complete/preview/", guarded(require_safe(self.preview_view)), name="scheduling_appointment_preview"),
            path("<int:pk>/next/", guarded(require_safe(self.next_view)), name="scheduling_appointment_next"),
            *super().get_urls(),
        ]

    # --- for whoever knows more ------------------------------------------------------------------------------------

    def usual_product(self, patient: Patient) -> Product | None:
        """What is most likely used on her: the first that the clinic entered (F16)."""
        return Product.objects.filter(is_active=True).order_by("pk").first()

    def foresee(
        self,
        request: HttpRequest,
        appointment: Appointment,
        *,
        completed_at: datetime,
        product: Product | None,
        wants_quiet_nights: bool | None,
        now: datetime,
    ) -> SafeString | str:
        """What completing it with these answers brings about, as a part of a page."""
        return ""

    # --- completing ------------------------------------------------------------------------------------------------

    def suggestion(self, step: Step, appointment: Appointment) -> dict[str, Any]:
        suggested = super().suggestion(step, appointment)
        return suggested | {"product": self.usual_product(appointment.patient)} if step.verb == "complete" else suggested

    def answers(self, step: Step, appointment: Appointment, cleaned: dict[str, Any]) -> dict[str, Any]:
        answers = super().answers(step, appointment, cleaned)
        if step.verb == "complete" and not answers.get("product"):
            answers = answers | {"product": self.usual_product(appointment.patient)}
        return answers

    def about_step(self, request: HttpRequest, step: Step, appointment: Appointment, form: forms.Form) -> dict[str, Any]:
        about = super().about_step(request, step, appointment, form)
        if step.verb not in LEADS_TO_ANOTHER:
            return about
        now = timezone.now()
        ahead = self._next_session(request, appointment, now)
        may_book_another = ahead is not None and ahead.booked is None
        about |= {"ahead": ahead, "may_book_another": may_book_another, "said": said_of(ahead, appointment) if ahead else ""}
        if step.verb == "complete":
            about["foreseen"] = self._foreseen(request, appointment, form, now)
        return about

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that htmx renews as the answers change."""
        appointment = self.appointment_or_404(request, pk)
        return HttpResponse(self._foreseen(request, appointment, CompleteForm(request.GET), timezone.now()))

    def _foreseen(self, request: HttpRequest, appointment: Appointment, form: forms.Form, now: datetime) -> SafeString | str:
        step = STEPS["complete"]
        if not form.is_bound:
            suggested = self.suggestion(step, appointment)
            answers = suggested | {
                "completed_at": suggested["completed_at"].replace(tzinfo=appointment.zone),
                "wants_quiet_nights": appointment.patient.wants_quiet_nights,
            }
        elif not form.is_valid() and form.errors.keys() & form.fields.keys():
            return _notice(_("Correct what is marked, and the messages are shown."))
        else:
            answers = self.answers(step, appointment, form.cleaned_data)
        try:
            completed_at = services.require_end(appointment, answers.get("completed_at"), now)
        except BookingRefused as refusal:
            return _notice(str(refusal))
        return self.foresee(
            request,
            appointment,
            completed_at=completed_at,
            product=answers.get("product"),
            wants_quiet_nights=answers.get("wants_quiet_nights"),
            now=now,
        )

    # --- the next one ----------------------------------------------------------------------------------------------

    def way_on(self, request: HttpRequest, step: Step, appointment: Appointment, back: str) -> str:
        if step.verb not in LEADS_TO_ANOTHER:
            return super().way_on(request, step, appointment, back)
        ahead = self._next_session(request, appointment, timezone.now())
        if ahead is None or ahead.booked:
            return super().way_on(request, step, appointment, back)
        page = next_page(appointment, back)
        if "then_book" in request.POST or not back:
            return page
        messages.info(request, format_html('{} <a href="{}">{}</a>', said_of(ahead, appointment), page, _("Book it")))
        return back

    def next_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Free times for the session after this one, or instead of one that was missed or cancelled."""
        appointment = self.appointment_or_404(request, pk)
        now, back = timezone.now(), next_of(request) or reverse("admin:scheduling_appointment_change", args=[pk])
        ahead = self._next_session(request, appointment, now)
        is_missed = appointment.status in (Status.NOSHOW, Status.CANCELLED)
        same, others = times_for(appointment, ahead, now=now) if ahead and not ahead.booked else ([], [])
        context = {
            **self.admin_site.each_context(request),
            "title": _("Book again") if is_missed else _("Book the next session"),
            "opts": self.opts,
            "appointment": appointment,
            "ahead": ahead,
            "said": said_of(ahead, appointment) if ahead else "",
            "days": _days(appointment, same, back),
            "days_of_others": _days(appointment, others, back),
            "form_page": booking_page(appointment, back),
            "back": back,
        }
        return TemplateResponse(request, "scheduling/next_session.html", context)

    def _next_session(self, request: HttpRequest, appointment: Appointment, now: datetime) -> NextSession | None:
        """None for somebody who may not book, and for a patient who was erased."""
        may_book = self.has_add_permission(request) and not appointment.patient.erased_at
        return next_session(appointment, now=now) if may_book else None


def next_page(appointment: Appointment, back: str = "") -> str:
    page = reverse("admin:scheduling_appointment_next", args=[appointment.pk])
    return f"{page}?{urlencode({'next': back})}" if back else page


def booking_page(appointment: Appointment, back: str, slot: Slot | None = None) -> str:
    """The booking form with all that is known filled in."""
    asked: dict[str, Any] = {
        "patient": appointment.patient_id,
        "treatment": appointment.course.treatment_id,
        "location": appointment.location_id,
        "practitioner": slot.practitioner.pk if slot else appointment.practitioner_id,
    }
    if slot:
        asked |= {"room": slot.room.pk, "starts_at": local(slot.starts_at, appointment.zone)}
    return f"{reverse('admin:scheduling_appointment_add')}?{urlencode({**asked, 'next': back})}"


def said_of(ahead: NextSession, appointment: Appointment) -> str:
    """When she may come again and when she should, in two sentences."""
    outlook = ahead.outlook
    first, until = day_text(outlook.first_on), outlook.recommended_until and day_text(outlook.recommended_until)
    if outlook.is_maintenance and until:
        months = appointment.course.treatment.maintenance_months
        done = _("The course is done: %(done)s of %(planned)s.") % {"done": outlook.number - 1, "planned": outlook.planned}
        due = _("Maintenance is due by %(until)s, %(months)s months after the last session.") % {"until": until, "months": months}
        return f"{done} {due}"
    allowed = _("The skin allows session %(number)s of %(planned)s from %(first)s on.") % {
        "number": outlook.number,
        "planned": outlook.planned,
        "first": first,
    }
    if not until:
        return allowed
    if outlook.recommended_until and outlook.recommended_until < outlook.first_on:
        return f"{allowed} {_('It was recommended until %(until)s.') % {'until': until}}"
    return f"{allowed} {_('It is recommended until %(until)s.') % {'until': until}}"


def day_text(day: date) -> str:
    return date_format(day, "D, M j, Y")


def _days(appointment: Appointment, days: Days, back: str) -> list[Day]:
    return [Day(on, [Time(slot, booking_page(appointment, back, slot)) for slot in slots]) for on, slots in days]


def _notice(sentence: str) -> SafeString:
    return format_html('<p class="notice" role="status">{}</p>', sentence)
