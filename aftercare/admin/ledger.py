"""Everything that a patient was to be told and what she said, what became of it, and why."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin import lines
from aftercare.admin.filters import LookFilter, StatusFilter
from aftercare.admin.reading import ReadOnly
from aftercare.models import CareMessage
from aftercare.querysets import CareMessageQuerySet


@admin.register(CareMessage)
class CareMessageAdmin(ReadOnly):
    list_display = ["local_time", "patient_name", "what", "how", "what_became_of_it", "why"]
    list_display_links = ["local_time"]
    list_filter = [LookFilter, StatusFilter, "kind", "channel"]
    led_to_by = ("patient", "appointment")
    search_fields = ["patient__first_name", "patient__last_name"]
    search_help_text = _("Patient's name")
    actions = ["mark_read"]
    change_form_template = "aftercare/caremessage_form.html"
    readonly_fields = (
        *("patient_link", "appointment_link", "what", "how", "whole_how", "local_time", "what_became_of_it", "why"),
        *("instead_of", "instead", "text", "tries", "receipts", "read"),
    )

    # --- who sees what ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[CareMessage]:
        return lines.with_all_it_shows(super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._how(request) if name == "how" else name for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: CareMessage | None = None) -> Any:
        if obj is None:
            return []
        about = ["patient_link", *(["appointment_link"] if obj.appointment_id else []), "what", self._how(request), "local_time"]
        if obj.reply_id:
            return [*about, "what_became_of_it", "text", *(["read"] if obj.read_at else [])]
        others = [*(["instead_of"] if obj.stands_in_for_id else []), *(["instead"] if hasattr(obj, "stand_in") else [])]
        return [*about, "what_became_of_it", "why", *others, *(["text", "tries", "receipts"] if obj.message else [])]

    def _how(self, request: HttpRequest) -> str:
        return "whole_how" if request.user.has_perm("aftercare.view_addresses") else "how"

    # --- what is shown ---------------------------------------------------------------------------------------------

    @admin.display(description=_("when"), ordering="planned_for")
    def local_time(self, line: CareMessage) -> str:
        return lines.local_time(line.planned_for, line)

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, line: CareMessage) -> str:
        return line.patient.full_name

    @admin.display(description=_("patient"))
    def patient_link(self, line: CareMessage) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:scheduling_patient_change", args=[line.patient_id]), line.patient.label)

    @admin.display(description=_("appointment"))
    def appointment_link(self, line: CareMessage) -> SafeString:
        address = reverse("admin:scheduling_appointment_change", args=[line.appointment_id])
        return format_html('<a href="{}">{}</a>', address, line.appointment.local_time_text if line.appointment else "")

    @admin.display(description=_("what"), ordering="kind")
    def what(self, line: CareMessage) -> str:
        return lines.what(line)

    @admin.display(description=_("how"), ordering="channel")
    def how(self, line: CareMessage) -> SafeString:
        return lines.how(line)

    @admin.display(description=_("how"), ordering="channel")
    def whole_how(self, line: CareMessage) -> SafeString:
        return lines.how(line, whole=True)

    @admin.display(description=_("what became of it"))
    def what_became_of_it(self, line: CareMessage) -> SafeString:
        return lines.what_became_of(line)

    @admin.display(description=_("details"))
    def why(self, line: CareMessage) -> str:
        return lines.why(line)

    @admin.display(description=_("instead of"))
    def instead_of(self, line: CareMessage) -> SafeString:
        return _link(line.stands_in_for)

    @admin.display(description=_("told again"))
    def instead(self, line: CareMessage) -> SafeString:
        return _link(line.stand_in)

    @admin.display(description=_("text"))
    def text(self, line: CareMessage) -> SafeString:
        told = line.message or line.reply
        return format_html('<div class="message-text">{}</div>', told.body if told else "")

    @admin.display(description=_("tries"))
    def tries(self, line: CareMessage) -> SafeString:
        tried = line.message.attempt_set.order_by("started_at") if line.message else ()
        became = ((one, one.get_verdict_display() or _("under way")) for one in tried)
        return _steps((lines.local_time(one.started_at, line), verdict, one.error_code) for one, verdict in became)

    @admin.display(description=_("receipts"))
    def receipts(self, line: CareMessage) -> SafeString:
        received = line.message.receipt_set.order_by("received_at", "pk") if line.message else ()
        return _steps((lines.local_time(one.received_at, line), one.provider_status, one.error_code) for one in received)

    @admin.display(description=_("read"))
    def read(self, line: CareMessage) -> str:
        by = line.read_by.get_full_name() or line.read_by.get_username() if line.read_by else _("answered at once")
        return f"{lines.local_time(line.read_at, line)}, {by}" if line.read_at else "–"

    # --- what is done ----------------------------------------------------------------------------------------------

    def has_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("aftercare.read_replies")

    @admin.action(description=_("Mark replies as read"), permissions=["read"])
    def mark_read(self, request: HttpRequest, queryset: CareMessageQuerySet) -> None:
        self._mark_read(request, list(queryset.to_read()))  # and not the whole ledger, where somebody has ticked all of it

    def _mark_read(self, request: HttpRequest, replies: list[CareMessage]) -> None:
        count = services.mark_read(replies, by=cast(User, request.user), now=timezone.now())
        said = ngettext("%(count)s reply marked as read.", "%(count)s replies marked as read.", count) % {"count": count}
        messages.success(request, said)

    def get_urls(self) -> list[URLPattern]:
        read = path("<int:pk>/read/", self.admin_site.admin_view(require_POST(self.read_view)), name="aftercare_caremessage_read")
        return [read, *super().get_urls()]

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_read_permission(request):
            raise PermissionDenied
        line = CareMessage.objects.filter(pk=pk, reply__isnull=False).first()
        if line is None:
            raise Http404
        self._mark_read(request, [line])
        return redirect("admin:aftercare_caremessage_change", pk)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        return super().change_view(request, object_id, form_url, {"may_read": self.has_read_permission(request), **(extra_context or {})})


def _link(line: CareMessage | None) -> SafeString:
    if line is None:
        return format_html("{}", "–")
    address = reverse("admin:aftercare_caremessage_change", args=[line.pk])
    return format_html('<a href="{}">{}, {}</a>', address, lines.local_time(line.planned_for, line), line.get_channel_display())


def _steps(rows: Any) -> SafeString:
    items = format_html_join("", "<li>{} · {} {}</li>", rows)
    return format_html('<ul class="sessions">{}</ul>', items) if items else format_html("{}", _("None yet."))
