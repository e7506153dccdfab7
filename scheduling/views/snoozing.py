"""Patients are taken off the list for a while: those that are ticked in the report, or all that match."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scheduling import services
from scheduling.admin.names import say_of
from scheduling.admin.ways_back import next_of
from scheduling.errors import NothingToRecall
from scheduling.forms import SnoozeForm
from scheduling.models import Patient
from scheduling.services import Snoozed
from scheduling.views.chosen import chosen_patients

MAY_SNOOZE = ("scheduling.view_patient", "scheduling.act_on_recalls")
NAMED = 12


@permission_required(MAY_SNOOZE, raise_exception=True)
def recall_snooze_page(request: HttpRequest) -> HttpResponse:
    """The report's button leads here, and asks until when; confirmed, it is done."""
    now = timezone.now()
    chosen = chosen_patients(request, now, unticked=_("Nobody is ticked. Go back, and tick whom you want to snooze."))
    is_confirmed = request.method == "POST" and "confirmed" in request.POST
    form = SnoozeForm(request.POST if is_confirmed else None, today=timezone.localdate(now))
    if is_confirmed and chosen.patients and not chosen.problem and form.is_valid():
        try:
            done = services.snooze(chosen.patients, until=form.cleaned_data["until"], by=cast(User, request.user), now=now)
        except NothingToRecall as refusal:
            form.add_error("until", str(refusal))
        else:
            _say(request, chosen.patients, done, form)
            return redirect(chosen.back)
    context = {
        **admin.site.each_context(request),
        "title": _("Snooze"),
        "form": form,
        "chosen": chosen,
        "named": Patient.objects.filter(pk__in=chosen.patients) if len(chosen.patients) <= NAMED else [],
        "next": next_of(request),
    }
    return TemplateResponse(request, "scheduling/recall_snooze.html", context)


def _say(request: HttpRequest, patients: list[int], done: Snoozed, form: SnoozeForm) -> None:
    day = date_format(form.cleaned_data["until"], "F j, Y")
    only = Patient.objects.filter(pk=patients[0]).first() if len(patients) == 1 else None
    if done.count and only:
        say_of(request, messages.SUCCESS, only, _("%(who)s is off the list until %(day)s.") % {"who": only.full_name, "day": day})
    elif done.count:
        said = ngettext("%(n)s patient is off the list until %(day)s.", "%(n)s patients are off the list until %(day)s.", done.count)
        messages.success(request, said % {"n": f"{done.count:,}", "day": day})
    if done.left:
        why = [
            (done.booked, ngettext("%(n)s is booked", "%(n)s are booked", done.booked)),
            (done.declined, ngettext("%(n)s has declined", "%(n)s have declined", done.declined)),
            (done.not_due, ngettext("%(n)s isn’t due again", "%(n)s aren’t due again", done.not_due)),
        ]
        said = ", ".join(sentence % {"n": f"{count:,}"} for count, sentence in why if count)
        messages.warning(request, _("Left as they are: %(said)s.") % {"said": said})
