"""What came of the recalls, and how well sessions, intervals, maintenance and messages are kept."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aftercare.forms.outcomes import OutcomesForm
from aftercare.reports import Delivered, delivered
from aftercare.views.outcomes.lines import KeptLine, Share, WonLine, kept_lines, month_lines, way_lines, wording_lines
from scheduling.errors import TooSlow
from scheduling.models import Location, Practitioner
from scheduling.models.recalls import MAY_SEE_REPORT
from scheduling.reports.outcomes import Asked, Brought, Cell, Kept, Won, brought, by_location, by_practitioner, kept, total

# Of a page's time, for each of its three parts; one that takes longer is left out, and the page says so.
PART = 3

Figures = TypeVar("Figures")
NOTHING_KEPT: dict[Cell, Kept] = {}
NOTHING_SENT: dict[Cell, Delivered] = {}


@require_safe
@permission_required(MAY_SEE_REPORT, raise_exception=True)
def outcomes_page(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = OutcomesForm(request.GET, now=now)
    asked = form.asked()
    found, found_too_slow = _in_time(brought, asked, Brought({}))
    keeping, keeping_too_slow = _in_time(kept, asked, NOTHING_KEPT)
    sent, sent_too_slow = _in_time(delivered, asked, NOTHING_SENT)
    won = found.total
    first, last = form.period
    context = {
        **admin.site.each_context(request),
        "title": _("Outcomes"),
        "form": form,
        "first": first,
        "last": last,
        "all": WonLine(_("Total"), won, won.recalls),
        "steps": _steps(won),
        "months": month_lines(found, form.months, now),
        "ways": way_lines(found),
        "wordings": wording_lines(found),
        "tables": _tables(keeping, sent),
        "problems": [*form.problems, *_too_slow(found_too_slow, keeping_too_slow, sent_too_slow)],
        "is_brought_unknown": found_too_slow,
        "is_kept_unknown": keeping_too_slow,
    }
    return TemplateResponse(request, "aftercare/outcomes.html", context)


def _in_time(read: Callable[..., Figures], asked: Asked, instead: Figures) -> tuple[Figures, bool]:
    """The figures, or what stands in for them, and whether they took too long."""
    try:
        return read(asked, seconds=settings.PAGE_SECONDS / PART), False
    except TooSlow:
        return instead, True


def _too_slow(is_found: bool, is_keeping: bool, is_sent: bool) -> list[str]:
    parts = {_("What recalls brought"): is_found, _("what is kept"): is_keeping, _("what became of the messages"): is_sent}
    missing = [part for part, is_missing in parts.items() if is_missing]
    return [_("Left out, since it took too long: %(parts)s. Ask for fewer months.") % {"parts": ", ".join(missing)}] if missing else []


def _steps(won: Won) -> list[tuple[str, Share]]:
    """The funnel."""
    numbers = {_("Recalls made"): won.recalls, _("Answered"): won.answered, _("Booked"): won.booked, _("Completed"): won.completed}
    return [(label, Share(number, won.recalls)) for label, number in numbers.items()]


def _tables(keeping: Mapping[Cell, Kept], sent: Mapping[Cell, Delivered]) -> list[dict[str, Any]]:
    all_of_it = KeptLine(_("Total"), total(keeping.values(), Kept()), total(sent.values(), Delivered()))
    by = [
        (_("By location"), _("Location"), Location, by_location),
        (_("By practitioner"), _("Practitioner"), Practitioner, by_practitioner),
    ]
    tables = []
    for heading, of, model, adds in by:
        names: dict[int | None, str] = {row.pk: str(row) for row in model._default_manager.all()} | {None: _("About no session")}
        lines = kept_lines(names, adds(keeping, Kept()), adds(sent, Delivered()))
        tables.append({"heading": heading, "of": of, "lines": lines, "all": all_of_it})
    return tables
