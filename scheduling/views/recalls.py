"""A patient is called about a session that is due: who she is, what was tried before, and what came of it now."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from scheduling import services
from scheduling.admin.ways_back import next_of
from scheduling.domain.cadence import Stage
from scheduling.domain.outcomes import Outcome, Way
from scheduling.errors import NothingToRecall
from scheduling.forms import CallForm
from scheduling.forms.due import BUCKETS
from scheduling.forms.sent import number
from scheduling.models import Patient, RecallAction
from scheduling.models.recalls import MAY_CALL
from scheduling.reports import Asked, recalls_of
from scheduling.views.chosen import known_patient


@permission_required(MAY_CALL, raise_exception=True)
def recall_call_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever has called says what came of it, and is where they were before."""
    patient, now = known_patient(pk), timezone.now()
    asked = recalls_of(patient, now)
    chosen = _chosen(request, asked)
    form = CallForm(request.POST or None, today=chosen.today) if chosen else None
    if form and form.is_bound and form.is_valid():
        try:
            action = services.log_call(patient, **_as_said(request, form), by=cast(User, request.user), now=now)
        except NothingToRecall as refusal:
            form.add_error(None, str(refusal))
            asked = recalls_of(patient, now)
            chosen = _chosen(request, asked)
        else:
            messages.success(request, _what_now(patient, action, _way_back(request, patient)))
            if "then_book" in request.POST and chosen:
                return redirect(_book_page(patient, chosen, _way_back(request, patient)))
            return redirect(_way_back(request, patient))
    return TemplateResponse(request, "scheduling/recall_call.html", _context(request, patient, asked, chosen, form))


@require_POST
@permission_required(MAY_CALL, raise_exception=True)
def recall_resume_view(request: HttpRequest, pk: int) -> HttpResponse:
    """On the list again: she has changed her mind."""
    patient = known_patient(pk)
    try:
        services.resume(patient, session=number(request.POST.get("session")) or 0, by=cast(User, request.user), now=timezone.now())
    except NothingToRecall as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("%(name)s is on the list again.") % {"name": patient.full_name})
    return redirect(_way_back(request, patient))


@require_POST
@permission_required(MAY_CALL, raise_exception=True)
def recall_take_back_view(request: HttpRequest, pk: int) -> HttpResponse:
    """A call that was logged by mistake, or for the wrong patient."""
    patient = known_patient(pk)
    call = get_object_or_404(RecallAction, pk=number(request.POST.get("call")), patient=patient, way=Way.CALL)
    services.take_back_call(call, by=cast(User, request.user), now=timezone.now())
    about = {"outcome": call.get_outcome_display(), "at": date_format(timezone.localtime(call.at), "F j, Y, g:i A")}
    messages.success(request, _("The call of %(at)s, “%(outcome)s”, is taken back and counts for nothing.") % about)
    return redirect(_way_back(request, patient))


def _chosen(request: HttpRequest, asked: list[Asked]) -> Asked | None:
    """The recall that the page is about: the one that is named, or else the first to act on."""
    named = number(request.POST.get("session") or request.GET.get("session"))
    still_open = [one for one in asked if one.bucket]
    return next((one for one in still_open if one.recall.last_session_id == named), still_open[0] if still_open else None)


def _as_said(request: HttpRequest, form: CallForm) -> dict[str, Any]:
    return form.cleaned_data | {
        "outcome": Outcome(form.cleaned_data["outcome"]),
        "session": number(request.POST.get("session")) or 0,
        "seen": number(request.POST.get("seen")) or 0,
    }


def _context(request: HttpRequest, patient: Patient, asked: list[Asked], chosen: Asked | None, form: CallForm | None) -> dict[str, Any]:
    back = _way_back(request, patient)
    return {
        **admin.site.each_context(request),
        "title": _("Call %(name)s") % {"name": patient.full_name},
        "patient": patient,
        "age": patient.age_on(timezone.localdate()),
        "recalls": [(one, BUCKETS.get(one.bucket) if one.bucket else "") for one in asked],
        "chosen": chosen,
        "others": [one for one in asked if one.bucket and one is not chosen],
        "form": form if chosen and chosen.stage not in (Stage.BOOKED, Stage.DECLINED) else None,
        "errors": form.non_field_errors() if form and form.is_bound else [],
        "back": back,
        "next": next_of(request),
        "here": _call_page(patient, chosen.recall.last_session_id if chosen else None, next_of(request)),
        "may_take_back": True,
        "book_url": _book_page(patient, chosen, back) if chosen and request.user.has_perm("scheduling.add_appointment") else "",
    }


def _way_back(request: HttpRequest, patient: Patient) -> str:
    return next_of(request) or reverse("admin:scheduling_patient_change", args=[patient.pk])


def _call_page(patient: Patient, session: int | None, back: str) -> str:
    asked = {name: value for name, value in {"session": session, "next": back}.items() if value}
    return f"{reverse('admin:recall_call', args=[patient.pk])}?{urlencode(asked)}"


def _book_page(patient: Patient, chosen: Asked, back: str) -> str:
    asked = {"patient": patient.pk, "treatment": chosen.recall.treatment_id, "next": back}
    return f"{reverse('admin:scheduling_appointment_add')}?{urlencode(asked)}"


def _what_now(patient: Patient, action: RecallAction, back: str) -> str:
    """What the call has changed, with the way to a call that was logged by mistake."""
    name = {"name": patient.full_name, "first_name": patient.first_name}
    if action.hidden_until:
        said = _("%(name)s is off the list until %(day)s.") % (name | {"day": date_format(action.hidden_until, "F j, Y")})
    elif action.outcome == Outcome.DECLINED:
        said = _("%(name)s is off the list until the next session, or until somebody puts %(first_name)s on it again.") % name
    else:
        said = _("The call is logged. %(name)s stays on the list.") % name
    return format_html('{} <a href="{}#history">{}</a>', said, _call_page(patient, action.session_id, back), _("A slip?"))
