"""What the patient says of her appointment on the phone: the desk marks that she comes."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from scheduling import services
from scheduling.admin.names import badge, say_of
from scheduling.admin.ways_back import next_of
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused
from scheduling.models import Appointment


class AnswerPages(admin.ModelAdmin):
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = dict(super().get_actions(request))
        if self.has_change_permission(request):
            actions["confirm"] = (self._confirm_action, "confirm", str(_("Confirmed by phone")))
        return actions

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.confirm_view))
        return [path("<int:pk>/confirm/", view, name="scheduling_appointment_confirm"), *super().get_urls()]

    def confirm_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        appointment = get_object_or_404(Appointment.objects.select_related("patient"), pk=pk)
        if not self.has_change_permission(request, appointment):
            raise PermissionDenied
        self._confirm(request, appointment)
        return redirect(next_of(request) or reverse("admin:scheduling_appointment_change", args=[pk]))

    @staticmethod
    def _confirm_action(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        for appointment in queryset.select_related("patient"):
            modeladmin._confirm(request, appointment)

    def _confirm(self, request: HttpRequest, appointment: Appointment) -> None:
        who = f"{appointment.patient.full_name}, {appointment.local_time_text}"
        try:
            services.confirm(appointment, by=cast(User, request.user))
        except BookingRefused as refusal:
            say_of(request, messages.ERROR, appointment.patient, f"{who}: {refusal}")
        else:
            say_of(request, messages.SUCCESS, appointment.patient, f"{who}: {_('confirmed')}.")

    def may_be_confirmed(self, request: HttpRequest, appointment: Appointment) -> bool:
        is_coming = appointment.status == Status.BOOKED and appointment.starts_at > timezone.now()
        return is_coming and appointment.confirmed_at is None and self.has_change_permission(request, appointment)

    def may_wait(self, request: HttpRequest, appointment: Appointment) -> bool:
        is_coming = appointment.status == Status.BOOKED and appointment.starts_at > timezone.now()
        return is_coming and request.user.has_perm("scheduling.add_waitlistentry")

    @admin.display(description=_("answer"))
    def answer(self, appointment: Appointment) -> SafeString:
        """What she said of it, and when, as long as that matters."""
        if appointment.move_requested_at:
            return _badge_since("asked-to-move", _("asked to move"), appointment, appointment.move_requested_at)
        if appointment.confirmed_at:
            return _badge_since("confirmed", _("confirmed"), appointment, appointment.confirmed_at)
        return format_html("{}", "–")


def _badge_since(status: str, label: Any, appointment: Appointment, at: Any) -> SafeString:
    when = date_format(timezone.localtime(at, appointment.zone), "M j, g:i A")
    return format_html('{} <span class="quiet nowrap">{}</span>', badge(status, label), when)
