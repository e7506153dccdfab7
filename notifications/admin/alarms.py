from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications import services
from notifications.admin.reading import ReadOnly, badge
from notifications.models import Alarm


class StandingFilter(admin.SimpleListFilter):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("cleared", _("Cleared"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("open", "cleared"):
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "open")


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    """What only an operator can mend. Clearing says that it is mended: should it happen again, a new alarm opens."""

    list_display = ["what_is_wrong", "standing", "channel", "times", "last_at"]
    list_filter = [StandingFilter, "channel"]
    readonly_fields = ("standing", "what_to_do", "channel", "code", "times", "raised_at", "last_at", "cleared_at")
    fields = readonly_fields
    actions = ["clear"]
    change_form_template = "notifications/alarm_form.html"

    @admin.display(description=_("what is wrong"), ordering="explanation")
    def what_is_wrong(self, alarm: Alarm) -> str:
        return capfirst(alarm.explanation)

    @admin.display(description=_("standing"), ordering="cleared_at")
    def standing(self, alarm: Alarm) -> SafeString:
        return badge("cleared", _("cleared")) if alarm.cleared_at else badge("failed", _("open"))

    @admin.display(description=_("what to do"))
    def what_to_do(self, alarm: Alarm) -> str:
        return services.remedy_for(alarm)

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notifications.change_alarm")

    @admin.action(description=_("Clear: it is mended"), permissions=["clear"])
    def clear(self, request: HttpRequest, alarms: QuerySet[Alarm]) -> None:
        standing = list(alarms.filter(cleared_at=None))
        cleared = services.clear_alarms(Alarm.objects.filter(pk__in=[alarm.pk for alarm in standing]))
        for alarm in standing:
            self.log_change(request, alarm, "Cleared.")
        said = ngettext("%(count)s alarm is cleared.", "%(count)s alarms are cleared.", cleared) % {"count": cleared}
        messages.success(request, said)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        alarm = self.get_object(request, object_id) if object_id else None
        may_clear = alarm is not None and alarm.cleared_at is None and self.has_clear_permission(request)
        if alarm and may_clear and "_clear" in request.POST:
            self.clear(request, Alarm.objects.filter(pk=alarm.pk))
            return redirect(request.path)
        context = {"may_clear": may_clear, "subtitle": self.what_is_wrong(alarm) if alarm else None}
        return super().changeform_view(request, object_id, form_url, {**context, **(extra_context or {})})
