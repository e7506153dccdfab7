"""Everything that a patient was to be told, what became of it, and why."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from aftercare.admin.reading import ReadOnly
from aftercare.models import CareMessage


def badge(status: str, label: Any) -> SafeString:
    return format_html('<span class="status status-{}">{}</span>', status, label)


def local_time(line: CareMessage) -> str:
    """On the patient's own clock."""
    return date_format(timezone.localtime(line.planned_for, line.patient.zone), "D, M j, g:i A")


def what_became_of(line: CareMessage) -> SafeString:
    if line.message is None:
        return badge("cancelled", _("not sent"))
    return badge(line.message.status, line.message.get_status_display())


def why(line: CareMessage) -> str:
    return "; ".join(filter(None, [line.reason, line.message.reason if line.message else ""]))


def summary(line: CareMessage) -> tuple[Any, ...]:
    return local_time(line), line.get_kind_display(), line.get_channel_display(), what_became_of(line), why(line)


@admin.register(CareMessage)
class CareMessageAdmin(ReadOnly):
    list_display = ["local_time", "patient_name", "kind", "channel", "what_became_of_it", "why"]
    list_display_links = ["local_time"]
    list_filter = ["kind", "channel", "message__status"]
    search_fields = ["patient__first_name", "patient__last_name"]
    search_help_text = _("Patient's name")
    list_select_related = ["patient", "message"]
    list_per_page = 50
    readonly_fields = (
        "patient_name",
        "kind",
        "channel",
        "local_time",
        "what_became_of_it",
        "why",
        "text",
    )
    fields = readonly_fields

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "patient" or super().lookup_allowed(lookup, value, request)

    @admin.display(description=_("planned for"), ordering="planned_for")
    def local_time(self, line: CareMessage) -> str:
        return local_time(line)

    @admin.display(description=_("patient"), ordering="patient__last_name")
    def patient_name(self, line: CareMessage) -> str:
        return line.patient.full_name

    @admin.display(description=_("status"))
    def what_became_of_it(self, line: CareMessage) -> SafeString:
        return what_became_of(line)

    @admin.display(description=_("why"))
    def why(self, line: CareMessage) -> str:
        return why(line) or "–"

    @admin.display(description=_("text"))
    def text(self, line: CareMessage) -> SafeString:
        return format_html('<div class="message-text">{}</div>', line.message.body if line.message else "–")
