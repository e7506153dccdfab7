from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models.messages import STATUSES

NOT_SENT = "not_sent"


class LookFilter(SimpleListFilter):
    """What asks for somebody's attention; the first page leads here."""

    title = _("attention")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [("wrong", _("went wrong, last 7 days")), ("replies", _("replies to read"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "wrong":
                return queryset.gone_wrong(timezone.now())
            case "replies":
                return queryset.to_read()
        return queryset


class StatusFilter(SimpleListFilter):
    title = _("what became of it")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [*STATUSES, (NOT_SENT, _("never sent"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        wanted = self.value()
        if wanted == NOT_SENT:
            return queryset.filter(message=None, reply=None)
        return queryset.filter(message__status=wanted) if wanted else queryset
