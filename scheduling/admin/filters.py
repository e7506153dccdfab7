from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.domain.states import BLOCKING, COMING
from scheduling.models import Location, WaitlistEntry
from scheduling.models.appointments import STATUSES
from scheduling.querysets import SPANS, asked_to_move, starting_within, unconfirmed

TAKING_PLACE, OPEN = "on", "open"
GROUPS = {TAKING_PLACE: BLOCKING, OPEN: COMING} | {status: (status,) for status, _label in STATUSES}


class WhenFilter(admin.SimpleListFilter):
    """Today is each location's own day. What is to come is the usual look, except for what is looked for by name, status or answer."""

    title = _("when")
    parameter_name = "when"
    COMING = ("on", "today", "tomorrow", "week")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        later = [("today", _("Today")), ("tomorrow", _("Tomorrow")), ("week", _("The next 7 days")), ("past", _("Past")), ("all", _("All"))]
        self.asked = self.asked_of(request)
        return [("on", _("From today on")), *later]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "selected": self.asked == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        span = SPANS.get(self.asked)
        # What was ticked is meant, even where midnight has passed since.
        was_ticked = request.method == "POST" and request.POST.get("select_across") != "1" and not self.value()
        if span is None or was_ticked:
            return queryset
        return queryset.filter(starting_within([location.zone for location in Location.objects.all()], timezone.now(), *span))

    @classmethod
    def asked_of(cls, request: HttpRequest) -> str:
        elsewhere = any(request.GET.get(name) for name in (SEARCH_VAR, StatusFilter.parameter_name, AnswerFilter.parameter_name))
        return request.GET.get(cls.parameter_name) or ("all" if elsewhere else "on")


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(TAKING_PLACE, _("taking place")), (OPEN, _("still open")), *STATUSES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = GROUPS.get(self.value() or "")
        return queryset.filter(status__in=wanted) if wanted else queryset


class AnswerFilter(admin.SimpleListFilter):
    """What the patient said to her booking."""

    title = _("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("none", _("not confirmed")), ("confirmed", _("confirmed")), ("move", _("asked to move"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "none":
                return queryset.filter(unconfirmed())
            case "confirmed":
                return queryset.filter(confirmed_at__isnull=False)
            case "move":
                return queryset.filter(asked_to_move())
        return queryset


class StandingFilter(admin.SimpleListFilter):
    """Who waits is what the desk comes for."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("over", _("no more")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        usual, *others = super().choices(changelist)
        yield {**usual, "display": _("waiting")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "all":
                return queryset
            case "over":
                return queryset.exclude(status=WaitlistEntry.Status.WAITING)
        return queryset.filter(status=WaitlistEntry.Status.WAITING)
