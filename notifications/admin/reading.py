"""Pages that are there to be read: what they show is written by services only."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from notifications.domain.states import MessageStatus
from notifications.models import Message


def badge(status: str, label: Any) -> SafeString:
    return format_html('<span class="status status-{}">{}</span>', status, label)


def status_badge(message: Message) -> SafeString:
    """“Sent” alone would leave open whether it came: a text's arrival is confirmed by and by, an email's never is."""
    if message.status != MessageStatus.ACCEPTED:
        return badge(message.status, message.get_status_display())
    if message.poll_at:  # its provider will say, or be asked
        return badge(message.status, _("sent, not confirmed yet"))
    hint = _("emails aren't confirmed") if message.channel == "email" else _("it won't be confirmed")
    return format_html('{} <span class="quiet hint">{}</span>', badge(message.status, _("sent")), hint)


class ReadOnly(admin.ModelAdmin):
    list_per_page = 50
    show_full_result_count = False
    empty_value_display = ""  # the stylesheet shows a dash where there is room for it
    led_to_by: tuple[str, ...] = ()  # what other pages' links ask for, beside the filters

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        shown = context["original"]
        logged = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(shown), object_id=str(shown.pk))
        context["is_without_history"] = not logged.exists()
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
