"""Pages of scheduling inside the admin's frame."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scheduling.domain.cadence import Bucket
from scheduling.domain.recalls import TO_ACT_ON
from scheduling.forms.due import BUCKETS, ReportForm
from scheduling.reports import Due, Filters, maintenance_due

ROWS_PER_PAGE = 50


@permission_required("scheduling.view_maintenance_due", raise_exception=True)
def maintenance_due_page(request: HttpRequest) -> HttpResponse:
    """Who comes next: a tile for each bucket, the patients of the chosen ones below, or all who should be called."""
    asked = ReportForm(request.GET, now=timezone.now())
    filters, named = asked.filters(), asked.chosen("bucket") or []
    rows = [row for row in maintenance_due(filters.as_of, today=asked.today) if _is_among(row, filters)]
    chosen = [bucket for bucket in BUCKETS if bucket in filters.buckets] if named else []
    page = Paginator([row for row in rows if row.bucket in filters.buckets], ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": _("Maintenance due"),
        "as_of": filters.as_of,
        "problem": " ".join(asked.problems),
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


def _is_among(row: Due, filters: Filters) -> bool:
    return all(
        wanted in (None, has)
        for wanted, has in (
            (filters.location, row.location_id),
            (filters.practitioner, row.practitioner_id),
            (filters.treatment, row.treatment_id),
        )
    ) and (filters.due_from or row.due_on) <= row.due_on <= (filters.due_until or row.due_on)


def _tile(bucket: Bucket, label: Any, rows: list[Due], chosen: list[Bucket]) -> dict[str, Any]:
    inside = [row for row in rows if row.bucket is bucket]
    return {
        "bucket": bucket.value,
        "label": label,
        "count": len(inside),
        "value": sum(row.value for row in inside),
        "currency": inside[0].currency if inside else "",
        "is_chosen": bucket in chosen,
        "is_to_call": bucket in TO_ACT_ON,
    }
