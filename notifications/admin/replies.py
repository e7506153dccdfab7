from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import truncatechars
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications.admin.reading import ReadOnly, badge
from notifications.domain.masking import masked
from notifications.models import Reply


@admin.register(Reply)
class ReplyAdmin(ReadOnly):
    """All that was written back, from numbers that no patient has too. By patient, they are in aftercare's ledger."""

    list_display = ["received", "words", "meaning_badge", "sender"]
    list_filter = ["meaning", "received_at"]
    readonly_fields = ("received_at", "sender", "whole_sender", "meaning_badge", "body")

    def get_list_display(self, request: HttpRequest) -> Any:
        return [self._sender(request) if name == "sender" else name for name in self.list_display]

    def get_fields(self, request: HttpRequest, obj: Reply | None = None) -> Any:
        return ["received_at", self._sender(request), "meaning_badge", "body"]

    def _sender(self, request: HttpRequest) -> str:
        return "whole_sender" if request.user.has_perm("notifications.view_addresses") else "sender"

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, reply: Reply) -> str:
        return date_format(timezone.localtime(reply.received_at), "M j, g:i A")

    @admin.display(description=_("from"))
    def sender(self, reply: Reply) -> str:
        return masked(reply.address)

    @admin.display(description=_("from"))
    def whole_sender(self, reply: Reply) -> str:
        return reply.address

    @admin.display(description=_("meaning"), ordering="meaning")
    def meaning_badge(self, reply: Reply) -> SafeString:
        return badge(reply.meaning, reply.get_meaning_display())

    @admin.display(description=_("text"))
    def words(self, reply: Reply) -> str:
        return truncatechars(reply.body, 160)
