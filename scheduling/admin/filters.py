from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Days from today: first, and first no more.
SPANS = {"today": (0, 1), "tomorrow": (1, 2), "week": (0, 7), "past": (-36_500, 0)}


class WhenFilter(admin.SimpleListFilter):
    title = _("when")
    parameter_name = "when"
    COMING = ("today", "tomorrow", "week")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", _("Today")), ("tomorrow", _("Tomorrow")), ("week", _("The next 7 days")), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in SPANS:
            return queryset
        first, end = (self._midnight(days) for days in SPANS[self.value() or ""])
        return queryset.filter(during__startswith__gte=first, during__startswith__lt=end)

    @staticmethod
    def _midnight(days: int) -> datetime:
        day = timezone.localdate() + timedelta(days=days)
        return timezone.make_aware(datetime.combine(day, time.min))
