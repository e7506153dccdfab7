"""The buttons under the report's table: what is filtered, in the order shown, as a file. Who took it is written down first."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scheduling import services
from scheduling.forms.due import ReportForm
from scheduling.models.recalls import MAY_SEE_REPORT
from scheduling.models.reporting import FORMATS
from scheduling.reports import stream, tiles, with_answers
from scheduling.reports.due import matching
from scheduling.views.exporting.columns import Sheet, sheet_of
from scheduling.views.exporting.files import MOST_ROWS_IN_EXCEL
from scheduling.views.exporting.sending import csv_download, excel_download
from scheduling.views.exporting.words import words_of

MAY_EXPORT = (MAY_SEE_REPORT, "scheduling.export_maintenance_due")
MAY_EXPORT_ADDRESSES = "scheduling.export_phone_numbers"


@require_POST
@permission_required(MAY_EXPORT, raise_exception=True)
def maintenance_due_export(request: HttpRequest) -> HttpResponseBase:
    """`format` is csv or xlsx, `query` the report's query string. Raises TooSlow where no byte has left yet."""
    format, now = request.POST.get("format", ""), timezone.now()
    if format not in dict(FORMATS):
        raise Http404
    asked = ReportForm(request.POST.get("query", ""), now=now)
    if problem := _why_not(asked, format):
        messages.error(request, problem)
        return HttpResponseRedirect(f"{reverse('admin:maintenance_due')}?{asked.query()}")
    filters, has_addresses = asked.filters(), request.user.has_perm(MAY_EXPORT_ADDRESSES)
    export = services.begin_export(
        user=cast(User, request.user),
        format=format,
        as_of=filters.as_of,
        words=words_of(asked),
        query=asked.query(as_of=filters.as_of),
        has_addresses=has_addresses,
        now=now,
    )
    return (csv_download if format == "csv" else excel_download)(export, _sheet(asked, has_addresses=has_addresses))


def _why_not(asked: ReportForm, format: str) -> str:
    if asked.problems:  # a file of more than was meant can't be called back
        return _("Nothing was exported. %s") % " ".join(asked.problems)
    if format == "xlsx":
        filters = asked.filters()
        counted = tiles(filters, today=asked.today, seconds=settings.COMMAND_SECONDS)
        rows, _worth = matching(counted, filters)
        if rows > MOST_ROWS_IN_EXCEL:
            return _("Excel opens at most %(most)s rows, and these are %(rows)s: choose fewer groups, or export them as CSV.") % {
                "most": f"{MOST_ROWS_IN_EXCEL:,}",
                "rows": f"{rows:,}",
            }
    return ""


def _sheet(asked: ReportForm, *, has_addresses: bool) -> Sheet:
    dues = stream(
        asked.filters(),
        sort=asked.sorted_by,
        descending=asked.is_descending,
        today=asked.today,
        seconds=settings.COMMAND_SECONDS,
    )
    return sheet_of(with_answers(dues), has_addresses=has_addresses)
