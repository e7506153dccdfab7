"""Everything that a patient was to be told and what she said, what became of it, and why."""

from datetime import datetime
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
from phonenumber_field.phonenumber import to_python

from aftercare import services
from aftercare.admin import lines
from aftercare.admin.conversations import MAY_SEE, appointment_of, thread_of_line
from aftercare.admin.filters import LookFilter, StatusFilter, TimeFilter
from aftercare.admin.reading import ReadOnly
from aftercare.admin.remedies import remedy
from aftercare.models import CareMessage
from aftercare.querysets import CareMessageQuerySet
from scheduling.services.staff import staff_name


@admin.register(CareMessage)
class CareMessageAdmin(ReadOnly):
    list_display = ["local_time", "patient_name", "what", "how", "what_became_of_it", "why"]
    list_display_links = ["local_time"]
    list_filter = [TimeFilter, LookFilter, StatusFilter, "kind", "channel"]
    led_to_by = ("patient", "appointment")
    search_fields = ["patient__first_name", "patient__last_name"]
    search_help_text = _("Patient's name")
    actions = ["mark_read", "deal_with"]
    change_form_template = "aftercare/caremessage_form.html"
    readonly_fields = (
        *("patient_link", "appointment_link", "what", "how", "whole_how", "local_time", "what_became_of_it", "why"),
        *("instead_of", "instead", "text", "tries", "receipts", "read", "number", "what_to_do", "dealt_with"),
    )

    # --- who sees what ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[CareMessage]:
        return lines.with_all_it_shows(super().get_queryset(request))

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._how(request) if name == "how" else name for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: CareMessage | None = None) -> Any:
        if obj is None:
            return []
        about = ["patient_link", *(["appointment_link"] if appointment_of(obj) else []), "what"]
        if obj.reply_id:
            where = "number" if obj.channel == "sms" else self._how(request)
            return [*about, where, "local_time", "what_became_of_it", "text", *(["read"] if obj.read_at else [])]
        about += [self._how(request), "local_time"]
        mending = ["dealt_with"] if obj.dealt_with_by_id else ["what_to_do"] if self._is_wrong(obj) else []
        others = [*(["instead_of"] if obj.stands_in_for_id else []), *(["instead"] if hasattr(obj, "stand_in") else [])]
        return [*about, "what_became_of_it", "why", *mending, *others, *(["text", "tries", "receipts"] if obj.message else [])]

    def get_ordering(self, request: HttpRequest) -> Any:
        """What is to come is read in the order in which it comes."""
        is_coming = request.GET.get(TimeFilter.parameter_name) == TimeFilter.COMING
        return ["planned_for", "pk"] if is_coming else super().get_ordering(request)

    def _is_wrong(self, line: CareMessage) -> bool:
        return CareMessage.objects.gone_wrong(timezone.now(), one_a_plan=False).filter(pk=line.pk).exists()

    def _how(self, request: HttpRequest) -> str:
        return "whole_how" if request.user.has_perm("aftercare.view_addresses") else "how"

    # --- what is shown ---------------------------------------------------------------------------------------------

    @admin.display(description=_("when"), ordering="planned_for")
    def local_time(self, line: CareMessage) -> str:
        return lines.local_time(line.planned_for, line)

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, line: CareMessage) -> str:
        return lines.patient_name(line)

    @admin.display(description=_("patient"))
    def patient_link(self, line: CareMessage) -> SafeString:
        if line.patient is None:
            return format_html("{}", lines.patient_name(line))
        return format_html('<a href="{}">{}</a>', reverse("admin:scheduling_patient_change", args=[line.patient_id]), line.patient.label)

    @admin.display(description=_("appointment"))
    def appointment_link(self, line: CareMessage) -> SafeString:
        appointment = appointment_of(line)
        if appointment is None:
            return format_html("{}", "–")
        address = reverse("admin:scheduling_appointment_change", args=[appointment.pk])
        return format_html('<a href="{}">{}</a>', address, appointment.local_time_text)

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

    @admin.display(description=_("what to do"))
    def what_to_do(self, line: CareMessage) -> str:
        return remedy(line)

    @admin.display(description=_("number to call"))
    def number(self, line: CareMessage) -> SafeString:
        """Whoever reads a reply may have to call."""
        address = lines.address_of(line)
        number = to_python(address)
        if not number or not number.is_valid():
            return format_html("{}", address)  # a sender that is a name, or a short code: nobody answers there
        return format_html('<a href="tel:{}">{}</a>', address, number.as_national)

    @admin.display(description=_("dealt with"))
    def dealt_with(self, line: CareMessage) -> str:
        return _when_and_by(line.dealt_with_at, line.dealt_with_by, line)

    @admin.display(description=_("instead of"))
    def instead_of(self, line: CareMessage) -> SafeString:
        return _link(line.stands_in_for)

    @admin.display(description=_("told again"))
    def instead(self, line: CareMessage) -> SafeString:
        return _link(line.stand_in)

    @admin.display(description=_("text"))
    def text(self, line: CareMessage) -> SafeString:
        told = line.message or line.reply
        return format_html('<div class="message-text{}">{}</div>', " is-theirs" if line.reply_id else "", told.body if told else "")

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
        return _when_and_by(line.read_at, line.read_by, line)

    # --- what is done ----------------------------------------------------------------------------------------------

    def has_read_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("aftercare.read_replies")

    @admin.action(description=_("Mark replies as read"), permissions=["read"])
    def mark_read(self, request: HttpRequest, queryset: CareMessageQuerySet) -> None:
        self._mark_read(request, list(queryset.to_read()))  # and not the whole ledger, where somebody has ticked all of it

    def _mark_read(self, request: HttpRequest, replies: list[CareMessage]) -> None:
        count = services.mark_read(replies, by=cast(User, request.user), now=timezone.now())
        if not count:
            messages.warning(request, _("There was no unread reply among these."))
            return
        said = ngettext("%(count)s reply marked as read.", "%(count)s replies marked as read.", count) % {"count": count}
        messages.success(request, said)

    @admin.action(description=_("Mark as dealt with"), permissions=["read"])
    def deal_with(self, request: HttpRequest, queryset: CareMessageQuerySet) -> None:
        self._deal_with(request, list(queryset.gone_wrong(timezone.now(), one_a_plan=False)))

    def _deal_with(self, request: HttpRequest, wrong: list[CareMessage]) -> None:
        count = services.deal_with(wrong, by=cast(User, request.user), now=timezone.now())
        if not count:
            messages.warning(request, _("Nothing among these had gone wrong."))
            return
        said = ngettext("%(count)s message marked as dealt with.", "%(count)s messages marked as dealt with.", count) % {"count": count}
        messages.success(request, said)

    def get_urls(self) -> list[URLPattern]:
        read = path("<int:pk>/read/", self.admin_site.admin_view(require_POST(self.read_view)), name="aftercare_caremessage_read")
        deal = path("<int:pk>/deal/", self.admin_site.admin_view(require_POST(self.deal_view)), name="aftercare_caremessage_deal")
        return [read, deal, *super().get_urls()]

    def read_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_read_permission(request):
            raise PermissionDenied
        line = CareMessage.objects.filter(pk=pk, reply__isnull=False).first()
        if line is None:
            raise Http404
        self._mark_read(request, [line])
        return self._next("replies", CareMessage.objects.to_read().order_by("planned_for", "pk").first())

    def deal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_read_permission(request):
            raise PermissionDenied
        line = CareMessage.objects.filter(pk=pk, reply=None).first()
        if line is None:
            raise Http404
        self._deal_with(request, [line])
        return self._next("wrong", CareMessage.objects.gone_wrong(timezone.now()).order_by("planned_for", "pk").first())

    def _next(self, look: str, line: CareMessage | None) -> HttpResponse:
        """One after the other, oldest first; then the list, which is empty."""
        if line:
            return redirect("admin:aftercare_caremessage_change", line.pk)
        return redirect(f"{reverse('admin:aftercare_caremessage_changelist')}?look={look}")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        line = self.get_object(request, object_id)
        context: dict[str, Any] = {"may_read": self.has_read_permission(request)}
        if line and request.user.has_perms(MAY_SEE):
            context["thread_url"] = thread_of_line(line)
        if line and line.reply_id:
            context["subtitle"] = _("Reply from %(name)s") % {
                "name": line.patient.full_name if line.patient else _("a number that no patient has")
            }
        elif line:
            context["may_deal"] = context["may_read"] and self._is_wrong(line)
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def _when_and_by(at: datetime | None, by: User | None, line: CareMessage) -> str:
    who = staff_name(by) or _("answered at once")
    return f"{lines.local_time(at, line)}, {who}" if at else "–"


def _link(line: CareMessage | None) -> SafeString:
    if line is None:
        return format_html("{}", "–")
    address = reverse("admin:aftercare_caremessage_change", args=[line.pk])
    return format_html('<a href="{}">{}, {}</a>', address, lines.local_time(line.planned_for, line), line.get_channel_display())


def _steps(rows: Any) -> SafeString:
    items = format_html_join("", "<li>{} · {} {}</li>", rows)
    return format_html('<ul class="sessions">{}</ul>', items) if items else format_html("{}", _("None yet."))
