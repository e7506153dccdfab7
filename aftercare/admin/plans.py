"""A session's aftercare: what is ahead, what was told, and its end before its time."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.lines import link_to_all, table_of, with_all_it_shows
from aftercare.admin.reading import ReadOnly
from aftercare.domain.reasons import ALREADY_TOLD
from aftercare.errors import Refused
from aftercare.models import CareMessage, Plan
from aftercare.querysets import CareMessageQuerySet
from aftercare.wording import usual_product
from notifications.admin.reading import badge
from notifications.domain.states import MessageStatus
from scheduling.admin.ways_back import next_of
from scheduling.services.staff import staff_name

MOST_SHOWN = 50
STOP = "aftercare.stop_plan"


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    list_display = ["patient_name", "ended", "serum", "followed", "standing"]
    list_select_related = ["appointment__patient", "product", "protocol", "stopped_by"]
    search_fields = ["appointment__patient__first_name", "appointment__patient__last_name"]
    search_help_text = gettext_lazy("Patient's name")
    change_form_template = "aftercare/plan_form.html"
    readonly_fields = (
        *("patient_link", "session", "ended", "serum", "protocol_link", "standing"),
        *("others", "ahead", "whole_ahead", "gone", "whole_gone", "given_up", "whole_given_up"),
    )

    # --- what is shown ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).select_related("appointment__patient", "protocol", "product", "stopped_by")

    def get_fieldsets(self, request: HttpRequest, obj: Plan | None = None) -> Any:
        fields = ["patient_link", "session", "ended", "serum", "protocol_link", "standing"]
        about = (None, {"fields": [*fields, "others"] if obj and _others(obj).exists() else fields})
        if not request.user.has_perm("aftercare.view_caremessage"):
            return [about]
        whole = "whole_" if request.user.has_perm("aftercare.view_addresses") else ""
        sections = [(_("To come"), "ahead"), (_("Told so far, and left out"), "gone"), (_("What won’t go out any more"), "given_up")]
        if obj and not _given_up(obj).exists():
            sections.pop()
        return [about, *((title, {"fields": [f"{whole}{name}"]}) for title, name in sections)]

    @admin.display(description=gettext_lazy("product"), ordering="product__name")
    def serum(self, plan: Plan) -> str:
        """Where none was chosen, texts name the usual one."""
        return str(plan.product or usual_product("en"))

    @admin.display(description=gettext_lazy("patient"), ordering="appointment__patient__last_name")
    def patient_name(self, plan: Plan) -> str:
        return plan.appointment.patient.full_name

    @admin.display(description=gettext_lazy("patient"))
    def patient_link(self, plan: Plan) -> SafeString:
        patient = plan.appointment.patient
        return format_html('<a href="{}">{}</a>', reverse("admin:scheduling_patient_change", args=[patient.pk]), patient.label)

    @admin.display(description=gettext_lazy("session"))
    def session(self, plan: Plan) -> SafeString:
        address = reverse("admin:scheduling_appointment_change", args=[plan.appointment_id])
        return format_html('<a href="{}">{}</a>', address, plan.appointment.local_time_text)

    @admin.display(description=gettext_lazy("session completed"), ordering="completed_at")
    def ended(self, plan: Plan) -> str:
        return date_format(timezone.localtime(plan.completed_at, plan.appointment.zone), "DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("protocol"), ordering="protocol")
    def followed(self, plan: Plan) -> SafeString:
        version = _("version %(number)s") % {"number": plan.protocol.version}
        return format_html('{}, <span class="nowrap">{}</span>', plan.protocol.name, version)

    @admin.display(description=gettext_lazy("protocol"))
    def protocol_link(self, plan: Plan) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:aftercare_protocol_change", args=[plan.protocol_id]), plan.protocol)

    @admin.display(description=gettext_lazy("status"), ordering="stopped_at")
    def standing(self, plan: Plan) -> SafeString:
        return standing_of(plan)

    @admin.display(description=gettext_lazy("other plans of this session"))
    def others(self, plan: Plan) -> SafeString:
        """It was stopped and started again: what one of them has told, no later one tells."""
        return format_html_join(
            "",
            '<div><a href="{}">{}</a> {}</div>',
            (
                (
                    reverse("admin:aftercare_plan_change", args=[other.pk]),
                    _("The plan before this one") if other.pk < plan.pk else _("The plan after this one"),
                    standing_of(other),
                )
                for other in _others(plan)
            ),
        )

    @admin.display(description="")
    def ahead(self, plan: Plan) -> SafeString:
        return _ahead(plan)

    @admin.display(description="")
    def whole_ahead(self, plan: Plan) -> SafeString:
        return _ahead(plan, whole=True)

    @admin.display(description="")
    def gone(self, plan: Plan) -> SafeString:
        return _gone(plan)

    @admin.display(description="")
    def whole_gone(self, plan: Plan) -> SafeString:
        return _gone(plan, whole=True)

    @admin.display(description="")
    def given_up(self, plan: Plan) -> SafeString:
        return table_of(with_all_it_shows(_given_up(plan))[:MOST_SHOWN])

    @admin.display(description="")
    def whole_given_up(self, plan: Plan) -> SafeString:
        return table_of(with_all_it_shows(_given_up(plan))[:MOST_SHOWN], whole=True)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        plan = self.get_object(request, object_id)
        return super().change_view(request, object_id, form_url, {**buttons(request, plan), **(extra_context or {})})

    # --- what is done ----------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/stop/", guarded(self.stop_view), name="aftercare_plan_stop"),
            path("<int:pk>/start-again/", guarded(require_POST(self.start_again_view)), name="aftercare_plan_start_again"),
            *super().get_urls(),
        ]

    def stop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks for a reason, and says what won't go out."""
        plan = self._plan(request, pk)
        back = next_of(request) or reverse("admin:aftercare_plan_change", args=[pk])
        reason, refusal = request.POST.get("reason", ""), ""
        if request.method == "POST":
            try:
                count = services.stop_by_hand(plan, reason=reason, by=cast(User, request.user), now=timezone.now())
            except Refused as refused:
                refusal = str(refused)
            else:
                self.log_change(request, plan, _("Stopped: %(why)s") % {"why": " ".join(reason.split())})
                messages.success(request, _stopped(count))
                return redirect(back)
        waiting = with_all_it_shows(_waiting(plan)).order_by("planned_for", "pk")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Stop the aftercare"),
            "opts": self.opts,
            "plan": plan,
            "patient": plan.appointment.patient,
            "standing": standing_of(plan),
            "count": waiting.count(),
            "first": table_of(waiting[:3], whole=request.user.has_perm("aftercare.view_addresses")),
            "reason": reason.replace("\0", ""),
            "refusal": refusal,
            "back": back,
            "next": next_of(request),
        }
        return TemplateResponse(request, "aftercare/plan_stop.html", context)

    def start_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        plan = self._plan(request, pk)
        try:
            another = services.start_again(plan, now=timezone.now())
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect(next_of(request) or reverse("admin:aftercare_plan_change", args=[pk]))
        self.log_change(request, another, _("Started again"))
        messages.success(request, _("Started again: what lies ahead goes out, and nothing that was told already."))
        return redirect(next_of(request) or reverse("admin:aftercare_plan_change", args=[another.pk]))

    def _plan(self, request: HttpRequest, pk: int) -> Plan:
        if not request.user.has_perm(STOP):
            raise PermissionDenied
        plan: Plan = get_object_or_404(Plan.objects.select_related("appointment__patient", "protocol", "stopped_by"), pk=pk)
        return plan


def buttons(request: HttpRequest, plan: Plan | None) -> dict[str, Any]:
    """Which of a plan's buttons somebody sees, on its own page and on its session's."""
    may = plan is not None and request.user.has_perm(STOP)
    now = timezone.now()
    return {
        "plan": plan,
        "may_stop": may and plan is not None and plan.stopped_at is None and CareMessage.objects.filter(plan=plan).to_come(now).exists(),
        "may_start_again": may and plan is not None and plan.stopped_at is not None and not services.why_not_again(plan, now),
    }


def standing_of(plan: Plan) -> SafeString:
    """“stopped Tue, Nov 3, 6:00 PM by Dana Diaz: allergic to the serum”."""
    if plan.stopped_at is None:
        is_running = CareMessage.objects.filter(plan=plan).to_come(timezone.now()).exists()
        return badge("sending", _("running")) if is_running else badge("fulfilled", _("all told"))
    at = date_format(timezone.localtime(plan.stopped_at, plan.appointment.zone), "D, M j, Y, g:i A")
    by = staff_name(plan.stopped_by)
    said = _("%(at)s by %(by)s: %(why)s") if by else _("%(at)s: %(why)s")
    return format_html("{} {}", badge("cancelled", _("stopped")), said % {"at": at, "by": by, "why": plan.stop_reason})


def _waiting(plan: Plan) -> QuerySet[CareMessage]:
    return CareMessage.objects.filter(plan=plan, message__status=MessageStatus.SCHEDULED.value)


def _stopped(count: int) -> str:
    if not count:
        return _("The aftercare is stopped. Nothing was waiting to go out.")
    said = ngettext(
        "The aftercare is stopped: %(count)s message won’t go out.", "The aftercare is stopped: %(count)s messages won’t go out.", count
    )
    return said % {"count": count}


def _ahead(plan: Plan, *, whole: bool = False) -> SafeString:
    lines = CareMessage.objects.filter(plan=plan).to_come(timezone.now())
    return table_of(with_all_it_shows(lines)[:MOST_SHOWN], whole=whole)


def _gone(plan: Plan, *, whole: bool = False) -> SafeString:
    """Newest first; what another line stands in for is on the ledger itself, and what an earlier plan has told is on that one's page."""
    now = timezone.now()
    told = CareMessage.objects.filter(plan=plan).without_replaced().exclude(reason=ALREADY_TOLD)
    been = told.filter(Q(planned_for__lte=now) | Q(message__accepted_at__isnull=False))
    link = link_to_all(_("All messages about this session"), appointment=plan.appointment_id)
    return format_html("{}{}", table_of(with_all_it_shows(been)[:MOST_SHOWN], whole=whole), link)


def _given_up(plan: Plan) -> CareMessageQuerySet:
    """What was taken back before its time had come, soonest first."""
    cancelled = CareMessage.objects.filter(plan=plan, message__status=MessageStatus.CANCELLED.value, planned_for__gt=timezone.now())
    return cancelled.without_replaced().order_by("planned_for", "pk")


def _others(plan: Plan) -> QuerySet[Plan]:
    others = Plan.objects.filter(appointment=plan.appointment_id).exclude(pk=plan.pk)
    return others.select_related("appointment__patient", "appointment__room__location", "stopped_by").order_by("-pk")
