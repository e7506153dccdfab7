"""The appointment's page, with what was told about it and what became of that."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.messages import SUCCESS, WARNING
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare import services
from aftercare.admin import foreseeing, news, told
from aftercare.admin.conversations import MAY_SEE, notice_of_concern
from aftercare.admin.lines import link_to_all, table_of, with_all_it_shows
from aftercare.admin.patients import troubles
from aftercare.admin.plans import buttons, standing_of
from aftercare.admin.remedies import to_reach
from aftercare.forms.consent import ASKED, NewcomerWithConsentForm
from aftercare.models import CareMessage, Plan
from aftercare.services.plans.starting import SPOKEN, TOO_LATE, stopped_by_hand, tellings_of_new, untold_night
from scheduling.admin import AppointmentAdmin
from scheduling.admin.steps import Outcome, Step
from scheduling.forms import NewcomerForm
from scheduling.models import Appointment, Move, Patient, Product
from scheduling.services.staff import staff_name

MOST_SHOWN = 50
WITHOUT_MESSAGES = {"complete": _("The session is over."), "cancel": _("Time and room become free.")}
DONE_WITHOUT_MESSAGES = {"complete": _("completed"), "cancel": _("cancelled")}

admin.site.unregister(Appointment)


@admin.register(Appointment)
class AppointmentWithMessagesAdmin(AppointmentAdmin):
    change_form_template = "aftercare/appointment_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Appointment | None = None) -> Any:
        field = "whole_messages" if request.user.has_perm("aftercare.view_addresses") else "messages"
        told = [(_("Messages"), {"fields": [field]})] if obj and request.user.has_perm("aftercare.view_caremessage") else []
        (first, about), *others = super().get_fieldsets(request, obj)
        if obj and obj.completed_at:
            about = {**about, "fields": [*about["fields"], "product", "aftercare"]}
        if obj and request.user.has_perms(MAY_SEE) and notice_of_concern(obj.patient):
            about = {**about, "fields": ["open_concern", *about["fields"]]}
        return [(first, about), *others, *told]

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> list[str]:
        ours = ["messages", "whole_messages", "product", "aftercare", "open_concern"]
        return [*super().get_readonly_fields(request, obj), *(ours if obj else [])]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> HttpResponse:
        shown = context["original"]
        plan = _plan_of(shown) if shown is not None and shown.completed_at else None
        return super().render_change_form(request, {**context, **buttons(request, plan)}, *args, **kwargs)

    # --- what is asked and said at booking ---------------------------------------------------------------------------

    newcomer_form = NewcomerWithConsentForm

    def welcome(self, request: HttpRequest, form: NewcomerForm, patient: Patient) -> None:
        for (purpose, channel), box in ASKED.items():
            if form.cleaned_data[box]:
                services.give_consent(patient, purpose, channel, source="front desk", by=cast(User, request.user))

    def cautions(self, patient: Patient) -> list[str]:
        if known := troubles(patient):
            return known
        why = services.why_unreachable(patient)
        return [f"{patient.first_name} isn't told of it: {why}. {to_reach(patient, why)}"] if why else []

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
            level, usual = super().outcome(step, appointment)
            return level, _as_it_came(appointment) or usual if step.verb == "complete" else usual
        return (WARNING if step.verb == "complete" else SUCCESS), f"{DONE_WITHOUT_MESSAGES[step.verb]}. {said}"

    def usual_product(self, patient: Patient) -> Product | None:
        """What she had last, as long as it is in use."""
        before = Plan.objects.filter(appointment__patient=patient, product__is_active=True).select_related("product")
        last = before.order_by("-completed_at", "-pk").first()
        return last.product if last else super().usual_product(patient)

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
        if not request.user.has_perm("aftercare.view_caremessage"):
            return ""
        foreseen = services.foresee_plan(
            appointment, completed_at=completed_at, product=product, wants_quiet_nights=wants_quiet_nights, now=now
        )
        return foreseeing.shown(foreseen, appointment, now)

    def news_of_move(self, move: Move, now: datetime) -> list[str]:
        return news.news_of_move(move, now)

    # --- what is shown ---------------------------------------------------------------------------------------------

    @admin.display(description=_("product used"))
    def product(self, appointment: Appointment) -> str:
        plan = Plan.objects.filter(appointment=appointment, stopped_at=None).select_related("product").first()
        return str(plan.product) if plan and plan.product else ""

    @admin.display(description=_("aftercare"))
    def aftercare(self, appointment: Appointment) -> SafeString | str:
        plan = _plan_of(appointment)
        return standing_of(plan) if plan else ""

    @admin.display(description="")
    def open_concern(self, appointment: Appointment) -> SafeString:
        return notice_of_concern(appointment.patient)

    @admin.display(description="")
    def messages(self, appointment: Appointment) -> SafeString:
        return _messages(appointment)

    @admin.display(description="")
    def whole_messages(self, appointment: Appointment) -> SafeString:
        return _messages(appointment, whole=True)


def _plan_of(appointment: Appointment) -> Plan | None:
    """The last one: others of it have been stopped."""
    return (
        Plan.objects.filter(appointment=appointment)
        .select_related("appointment__patient", "protocol", "stopped_by")
        .order_by("-pk")
        .first()
    )


def _messages(appointment: Appointment, *, whole: bool = False) -> SafeString:
    """Newest first, with those of its aftercare: what went out and what is to come."""
    lines = with_all_it_shows(CareMessage.objects.filter(appointment=appointment).without_replaced())[:MOST_SHOWN]
    return format_html(
        "{}{}", table_of(lines, whole=whole), link_to_all(_("All messages about this appointment"), appointment=appointment.pk)
    )


def _as_it_came(appointment: Appointment) -> str:
    """What was left out of a session that was completed late, and what is to be told her by word of mouth; "" where there is neither."""
    lines = CareMessage.objects.filter(plan__appointment=appointment, plan__stopped_at=None)
    late = lines.filter(message=None, reason__in=[TOO_LATE, SPOKEN]).order_by("planned_for", "pk")
    plan = Plan.objects.select_related("protocol", "product").filter(appointment=appointment, stopped_at=None).first()
    if plan is None:
        return ""
    patient, now = appointment.patient, timezone.now()
    plan.appointment = appointment
    tellings = tellings_of_new(plan, now)
    by_key = {telling.key: telling for telling in tellings}
    missed = [(by_key[line.key], line.reason, line.planned_for) for line in late if line.key in by_key]
    said = told.dropped(told.missed(missed, now), patient.zone)
    to_say = told.to_say(untold_night(tellings, now), patient.first_name, patient.zone)
    if not said and not to_say:
        return ""
    is_on_its_way = lines.filter(message__isnull=False).exists()
    done = _("completed; aftercare is on its way.") if is_on_its_way else _("completed.")
    return " ".join(part for part in (str(done), said, to_say) if part)


def _goes_without(step: Step, appointment: Appointment) -> str:
    """In a sentence or two, why she gets no messages when the appointment takes, or has taken, this step; "" where she gets them."""
    patient = appointment.patient
    if step.verb == "complete" and (plan := stopped_by_hand(appointment)):
        who = staff_name(plan.stopped_by) or "Somebody"
        return (
            f"{who} stopped {patient.first_name}'s aftercare of this session: {plan.stop_reason.rstrip('.')}. Start it again from its page."
        )
    if step.verb == "complete" and (why := services.why_unreachable(patient)):
        return f"No aftercare can go out: {why}. {to_reach(patient, why)}"
    if step.verb == "cancel" and (why := services.why_not_called_off(appointment, timezone.now())):
        return f"{patient.first_name} isn't told: {why}."
    return ""
