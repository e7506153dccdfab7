"""The page of the maintenance-due report."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduling.errors import TooSlow
from scheduling.forms.due import BUCKETS, ReportForm
from scheduling.forms.kept import KeptViewForm
from scheduling.models import Location
from scheduling.models.recalls import MAY_CALL, MAY_SEE_REPORT
from scheduling.reports import Page, months, page, tiles, with_answers
from scheduling.views.due import saying
from scheduling.views.due.chart import Chart, charts
from scheduling.views.due.kept import kept_views, worth_keeping
from scheduling.views.due.parts import SORT_NAMES, Row, Tiles, filtered, headings, row_of, tiles_of

ROWS_PER_PAGE = 50
CHARTS = "charts"  # as `part` in the address: the costliest of what the page reads, so htmx fetches it afterwards


@require_safe
@permission_required(MAY_SEE_REPORT, raise_exception=True)
def maintenance_due_page(request: HttpRequest) -> HttpResponse:
    """Whom to call and what it is worth, whether it gets better, and the patients of the chosen groups."""
    asked = ReportForm(request.GET, now=timezone.now())
    wants_charts = request.GET.get("part") == CHARTS
    if wants_charts and getattr(request, "htmx", False):
        return render(request, "scheduling/_due_charts.html", _drawn(asked))
    report = read(asked)
    context = {
        **admin.site.each_context(request),
        "title": _("Maintenance due"),
        "asked": asked,
        "report": report,
        "day_said": saying.lead(asked),
        "everybody_said": saying.everybody(asked, report.tiles),
        "caveat": saying.caveat(asked),
        "heading": saying.heading(asked, report.tiles),
        "empty": saying.empty(asked, report.tiles),
        "filtered": filtered(asked),
        "filter_fields": [asked["location"], asked["practitioner"], asked["treatment"]],
        "labels": BUCKETS,
        "chosen": [label for bucket, label in BUCKETS.items() if bucket in asked.buckets] if asked.chosen("bucket") else [],
        "sorts": SORT_NAMES.items(),
        "shows_location": not asked.chosen("location") and Location.objects.count() > 1,
        "query": asked.query(),
        "unfiltered": asked.query(**dict.fromkeys(saying.NARROWING), as_of=None),
        "outcomes_query": asked.query(as_of=None, bucket=None, due_from=None, due_until=None, sort=None, dir=None),
        "here": f"{request.path}?{asked.query(after=asked.chosen('after'), before=asked.chosen('before'))}",
        "kept": kept_views(request, worth_keeping(asked)),
        "keeping": KeptViewForm(),
        "may": _ways(request, asked),
    }
    return TemplateResponse(request, "scheduling/maintenance_due.html", context | (_drawn(asked) if wants_charts else {}))


@dataclass(frozen=True, slots=True)
class Shown:
    """`tiles` is None, and `rows` are none, where reading them took too long; `problems` say so."""

    problems: Sequence[str]
    tiles: Tiles | None
    headings: Sequence[Any]
    rows: Sequence[Row]
    first: str  # queries of the pages around this one; "" where there is none
    previous: str
    next: str


def read(asked: ReportForm, *, has_values: bool = True) -> Shown:
    problems = list(asked.problems)
    found: Tiles | None = None
    rows = Page([], "", "")
    try:
        found = tiles_of(tiles(asked.filters(), today=asked.today), asked)
        rows = _page_of(asked, problems)
    except TooSlow as slow:
        problems.append(_("%(said)s Narrow it down by a location or by due dates.") % {"said": slow})
    before, after = rows.before, rows.after
    return Shown(
        problems,
        found,
        [heading for heading in headings(asked) if has_values or heading.sort != "value"],
        [row_of(due) for due in with_answers(rows.rows)],
        f"?{asked.query()}" if before else "",
        f"?{asked.query(before=before)}" if before else "",
        f"?{asked.query(after=after)}" if after else "",
    )


def _page_of(asked: ReportForm, problems: list[str]) -> Page:
    order: dict[str, Any] = {"sort": asked.sorted_by, "descending": asked.is_descending, "today": asked.today, "size": ROWS_PER_PAGE}
    try:
        return page(asked.filters(), after=asked.chosen("after") or "", before=asked.chosen("before") or "", **order)
    except ValueError:
        problems.append(_("That page isn’t there any more, so this is the first one."))
        return page(asked.filters(), **order)


def _drawn(asked: ReportForm) -> dict[str, Any]:
    try:
        drawn: list[Chart] = charts(months(asked.filters(), today=asked.today), asked)
    except TooSlow as slow:
        return {"charts": [], "charts_problem": str(slow)}
    return {"charts": drawn}


def _ways(request: HttpRequest, asked: ReportForm) -> dict[str, Any]:
    """What this person may do from here, and where; "" where she may not, or where this installation doesn't have it."""
    may = request.user.has_perm
    acts = may("scheduling.act_on_recalls") and asked.day >= asked.today  # nobody is asked back in the past
    return {
        "send": address("admin:recall_send") if acts else "",
        "snooze": address("admin:recall_snooze") if acts else "",
        "call": request.user.has_perms(MAY_CALL),
        "book": may("scheduling.add_appointment"),
        "see_patients": may("scheduling.view_patient"),
        "value": True,
        "outcomes": address("admin:recall_outcomes"),
        "policy": address("admin:recall_policy") if may("scheduling.change_recallpolicy") else "",
        "export": address("admin:maintenance_due_export") if may("scheduling.export_maintenance_due") else "",
        "export_addresses": may("scheduling.export_phone_numbers"),
    }


def address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""
