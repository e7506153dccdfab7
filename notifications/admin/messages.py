from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications.admin.reading import ReadOnly, ReadOnlyInline, status_badge
from notifications.domain.masking import masked
from notifications.models import Attempt, Message, Receipt


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ("started_at", "finished_at", "verdict", "error_code")


class ReceiptInline(ReadOnlyInline):
    model = Receipt
    fields = ("received_at", "provider_status", "error_code")


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """The outbox, to read. What went to whom, with the patient's name, is aftercare's ledger."""

    list_display = ["send_at", "channel", "to", "status_badge", "reason", "attempts", "error_code"]
    list_filter = ["status", "channel"]
    readonly_fields = (
        *("status_badge", "reason", "channel", "to", "subject", "body"),
        *("send_at", "expires_at", "accepted_at", "delivered_at", "attempts", "error_code"),
    )
    fields = readonly_fields
    inlines = [AttemptInline, ReceiptInline]
    counted = _("messages")  # so many of them are in the outbox

    @admin.display(description=_("to"))
    def to(self, message: Message) -> str:
        return masked(message.address)

    @admin.display(description=_("status"), ordering="status")
    def status_badge(self, message: Message) -> SafeString:
        return status_badge(message)
