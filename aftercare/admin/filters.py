from collections.abc import Iterator
from datetime import timedelta
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
        return [("wrong", _("to look at")), ("replies", _("replies to read"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "wrong":
                return queryset.gone_wrong(timezone.now())
            case "replies":
                return queryset.to_read()
        return queryset


class TimeFilter(SimpleListFilter):
    """The newest of what is past comes first: a plan lies a month ahead. Whoever looks for something else looks everywhere."""

    title = _("time")
    parameter_name = "when"
    COMING = "coming"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.COMING, _("to come")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        usual, *others = super().choices(changelist)
        yield {**usual, "display": _("until tonight")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == self.COMING:
            return queryset.to_come(timezone.now())
        if self.value() or any(request.GET.get(name) for name in (LookFilter.parameter_name, StatusFilter.parameter_name)):
            return queryset
        tonight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return queryset.filter(planned_for__lt=tonight)


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
