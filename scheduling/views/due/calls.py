"""Whom to call today, for those who make the calls: of the report the list alone, without what it is worth and without a file."""

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from scheduling.forms.due import ReportForm
from scheduling.models import Location
from scheduling.models.recalls import MAY_CALL
from scheduling.views.due import saying
from scheduling.views.due.page import read

ASKED = ("location", "sort", "dir", "after", "before")


@require_safe
@permission_required(MAY_CALL, raise_exception=True)
def calls_page(request: HttpRequest) -> HttpResponse:
    asked = ReportForm(_of_the_list(request.GET), now=timezone.now())
    report = read(asked, has_values=False)
    order = QueryDict(asked.query(location=None))
    context = {
        **admin.site.each_context(request),
        "title": _("To call"),
        "asked": asked,
        "report": report,
        "heading": saying.number_to_call(report.tiles),
        "empty": saying.nobody_to_call(asked, report.tiles),
        "longest_first": not order,
        "order": order.items(),
        "locations": asked["location"] if Location.objects.count() > 1 else None,
        "shows_location": not asked.chosen("location") and Location.objects.count() > 1,
        "query": asked.query(),
        "here": f"{request.path}?{asked.query(after=asked.chosen('after'), before=asked.chosen('before'))}",
        "may": {"call": True, "see_patients": True, "book": request.user.has_perm("scheduling.add_appointment")},
    }
    return TemplateResponse(request, "scheduling/calls.html", context)


def _of_the_list(sent: QueryDict) -> QueryDict:
    """What else the report can be asked, its groups and its days, isn't asked here."""
    asked = QueryDict(mutable=True)
    for name in ASKED:
        asked.setlist(name, sent.getlist(name))
    return asked
