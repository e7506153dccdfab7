"""The trail as a page, and as a file. Who looks at it and who takes it along stands on it, too (`clinic.shown`)."""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.forms.trail import TrailForm
from clinic.models import Entry
from clinic.reports import Asked, Line, entries, stream, told
from scheduling.errors import TooSlow
from scheduling.models import Patient
from scheduling.views.exporting.files import csv_lines

MAY_SEE = "clinic.view_trail"
ON_A_PAGE = 50
ON_A_HISTORY = 100

logger = logging.getLogger(__name__)


@require_safe
@permission_required(MAY_SEE, raise_exception=True)
def trail_page(request: HttpRequest) -> HttpResponse:
    form = TrailForm(request.GET)
    asked, before = form.asked(), _number(request.GET.get("before", ""))
    found = entries(asked, before=before, most=ON_A_PAGE + 1, seconds=settings.PAGE_SECONDS)
    shown, query = found[:ON_A_PAGE], form.query()
    context = {
        **admin.site.each_context(request),
        "title": _("Trail"),
        "form": form,
        "visible": [form[name] for name in ("person", "name", "action", "first_on", "last_on")],
        "hidden": [form[name] for name in ("patient", "about", "object") if form[name].value()],
        "problems": form.problems,
        "lines": told(shown),
        "about": _about(asked),
        "is_filtered": bool(query),
        "is_first": before is None,
        "newest": f"?{query}",
        "older": f"?{query}{'&' if query else ''}before={shown[-1].pk}" if len(found) > ON_A_PAGE else "",
        "query": query,
    }
    return TemplateResponse(request, "trail/trail.html", context)


@require_POST
@permission_required(MAY_SEE, raise_exception=True)
def trail_export(request: HttpRequest) -> HttpResponseBase:
    """All that `query`, the page's query string, asks for, newest first."""
    form = TrailForm(QueryDict(request.POST.get("query", "")))
    if form.problems:  # a file of more than was meant can't be called back
        messages.error(request, _("Nothing was exported. %s") % " ".join(form.problems))
        return HttpResponseRedirect(f"{reverse('admin:trail')}?{form.query()}")
    response = StreamingHttpResponse(_file(form.asked()), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="trail-{timezone.localdate()}.csv"'
    return response


def lines_about(thing: Any) -> list[Line]:
    """The newest of an object; of a patient all that concerns her."""
    return told(entries(asked_about(thing), most=ON_A_HISTORY, seconds=settings.PAGE_SECONDS))


def asked_about(thing: Any) -> Asked:
    return Asked(patients=(thing.pk,)) if isinstance(thing, Patient) else Asked(about=thing._meta.label_lower, object_id=thing.pk)


def _file(asked: Asked) -> Iterator[bytes]:
    """Excel takes it for UTF-8 by the mark at its beginning. Times are the clinic's, with their distance from UTC."""
    yield b"\xef\xbb\xbf" + csv_lines([["When", "Who", "Sign-in", "What", "Patient", "Patient's number", "About", "Number", "Request"]])
    try:
        for lot in stream(asked, seconds=settings.COMMAND_SECONDS):
            yield csv_lines([_row(line, line.entry) for line in told(lot)])
    except Exception as error:
        why = str(error) if isinstance(error, TooSlow) else _("Something went wrong at the clinic’s server.")
        yield csv_lines([[_("THIS FILE IS NOT COMPLETE: %s Export it again.") % why]])
        raise


def _row(line: Line, entry: Entry) -> list[Any]:
    at = timezone.localtime(entry.at).isoformat(sep=" ", timespec="seconds")
    return [at, line.who, entry.actor, line.words, line.patient, entry.patient_id, entry.about, entry.object_id, entry.request_id]


def _about(asked: Asked) -> str:
    """Whom or what another page's link asks for, in words."""
    if asked.patients and len(asked.patients) == 1:
        patient = Patient.objects.filter(pk=asked.patients[0]).first()
        return patient.label if patient else _("patient %s") % asked.patients[0]
    return f"{asked.about} {asked.object_id or ''}".strip()


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None
