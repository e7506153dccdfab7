"""Pages of scheduling inside the admin's frame."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.domain.cadence import Bucket
from scheduling.reports import Due, maintenance_due

ROWS_PER_PAGE = 50

BUCKETS = {
    Bucket.NEXT_SESSION_OVERDUE: _("Next session overdue"),
    Bucket.NEXT_SESSION_DUE: _("Next session due"),
    Bucket.MAINTENANCE_OVERDUE: _("Maintenance overdue"),
    Bucket.MAINTENANCE_DUE: _("Maintenance due within 30 days"),
    Bucket.LAPSED: _("Lapsed, over a year late"),
    Bucket.MAINTENANCE_NOT_YET_DUE: _("Maintenance not yet due"),
    Bucket.NEXT_SESSION_BOOKED: _("In course and booked"),
    Bucket.MAINTENANCE_BOOKED: _("Maintenance booked"),
    Bucket.UNREACHABLE: _("Unreachable"),
    Bucket.SNOOZED: _("Snoozed"),
    Bucket.DECLINED: _("Declined"),
}
TO_CALL = (Bucket.NEXT_SESSION_OVERDUE, Bucket.NEXT_SESSION_DUE, Bucket.MAINTENANCE_OVERDUE, Bucket.MAINTENANCE_DUE, Bucket.LAPSED)


@permission_required("scheduling.view_maintenance_due", raise_exception=True)
def maintenance_due_page(request: HttpRequest) -> HttpResponse:
    """Who comes next: a tile for each bucket, the patients of the chosen ones below, or all who should be called."""
    as_of, problem = _as_of(request.GET.get("as_of", ""))
    rows = maintenance_due(as_of)
    chosen = [bucket for bucket in BUCKETS if bucket.value in request.GET.getlist("bucket")]
    shown = [row for row in rows if row.bucket in (chosen or TO_CALL)]
    page = Paginator(shown, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": _("Maintenance due"),
        "as_of": as_of,
        "problem": problem,
        "tiles": [_tile(bucket, label, rows, chosen) for bucket, label in BUCKETS.items()],
        "chosen": [BUCKETS[bucket] for bucket in chosen],
        "chosen_buckets": [bucket.value for bucket in chosen],
        "labels": BUCKETS,
        "page": page,
        "rows": [(row, BUCKETS[row.bucket]) for row in page],
        "total": len(rows),
        "may_book": request.user.has_perm("scheduling.add_appointment"),
    }
    return TemplateResponse(request, "scheduling/maintenance_due.html", context)


def _as_of(text: str) -> tuple[date, str]:
    today = timezone.localdate()
    if not text:
        return today, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return today, f"“{text}” is not a date, so this is today’s report."


def _tile(bucket: Bucket, label: Any, rows: list[Due], chosen: list[Bucket]) -> dict[str, Any]:
    inside = [row for row in rows if row.bucket is bucket]
    return {
        "bucket": bucket.value,
        "label": label,
        "count": len(inside),
        "value": sum(row.value for row in inside),
        "currency": inside[0].currency if inside else "",
        "is_chosen": bucket in chosen,
        "is_to_call": bucket in TO_CALL,
    }
