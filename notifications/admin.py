from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications.models import Attempt, Message


class AttemptInline(admin.TabularInline):
    model = Attempt
    readonly_fields = (
        "started_at",
        "finished_at",
        "verdict",
        "error_code",
    )
    fields = readonly_fields
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """The outbox, to read. What went to whom, with the patient's name, is aftercare's ledger."""

    list_display = ["send_at", "channel", "to", "status_badge", "reason", "attempts", "error_code"]
    list_filter = ["status", "channel"]
    readonly_fields = (
        *("status_badge", "reason", "channel", "to", "subject", "body"),
        *("send_at", "expires_at", "accepted_at", "attempts", "error_code"),
    )
    fields = readonly_fields
    inlines = [AttemptInline]
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @admin.display(description=_("to"))
    def to(self, message: Message) -> str:
        """Enough to recognize an address by, not enough to use it."""
        name, at, domain = message.address.partition("@")
        return f"{name[:1]}…@{domain}" if at else f"…{name[-4:]}"

    @admin.display(description=_("status"), ordering="status")
    def status_badge(self, message: Message) -> SafeString:
        return format_html('<span class="status status-{}">{}</span>', message.status, message.get_status_display())
