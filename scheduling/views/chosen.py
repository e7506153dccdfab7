"""Whom a page or a button is about: the patient in the address, or those who are ticked in the report, or all that match there."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from scheduling.admin.ways_back import next_of
from scheduling.errors import PatientErased, TooSlow
from scheduling.forms.due import ReportForm
from scheduling.forms.sent import number
from scheduling.models import Patient
from scheduling.models.recalls import MAY_SEE_REPORT
from scheduling.reports.due import stream

MOST = 5000  # a press takes seconds, not minutes


@dataclass(frozen=True, slots=True)
class Chosen:
    """Patients by their numbers, where it leads back to, and what keeps it from being done."""

    patients: list[int]
    back: str
    is_all: bool = False
    query: str = ""
    problem: str = ""


def chosen_patients(request: HttpRequest, now: datetime, *, unticked: str) -> Chosen:
    """`unticked` is the sentence for a form on which nobody is ticked."""
    sent = request.POST if request.method == "POST" else request.GET
    query = sent.get("query", "")
    report = reverse("admin:maintenance_due") if request.user.has_perm(MAY_SEE_REPORT) else reverse("admin:index")
    back = next_of(request) or (f"{report}?{query}" if query else report)
    if not sent.get("all"):
        named = [pk for text in sent.getlist("patient") if (pk := number(text)) is not None]
        ticked = list(Patient.objects.filter(pk__in=named).order_by("pk").values_list("pk", flat=True))
        return Chosen(ticked, back, query=query, problem="" if ticked else unticked)
    form = ReportForm(query, now=now)
    try:
        found = [row.patient_id for row in islice(stream(form.filters(), today=form.today), MOST + 1)]
    except TooSlow as slow:
        return Chosen([], back, True, query, str(slow))
    problem = "" if found else _("Nobody matches any more.")
    if len(found) > MOST:
        problem = _("More than 5,000 patients match. Narrow the filters, and do it in several steps.")
    return Chosen(found, back, True, query, problem)


def known_patient(pk: int) -> Patient:
    """Whom the address names. Raises Http404, and PatientErased, which has a page of its own."""
    patient = get_object_or_404(Patient, pk=pk)
    if patient.erased_at:
        raise PatientErased
    return patient
