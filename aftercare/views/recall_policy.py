"""The page on which a manager sets when recalls go out by themselves."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare import services
from aftercare.forms.recalls import RecallPolicyForm, in_words

MAY_SET = "scheduling.change_recallpolicy"


@permission_required(MAY_SET, raise_exception=True)
def recall_policy_page(request: HttpRequest) -> HttpResponse:
    policy = services.recall_policy()
    form = RecallPolicyForm(request.POST if request.method == "POST" else None, instance=policy)
    if form.is_bound and form.is_valid():
        set_to = services.set_recall_policy(form.cleaned_data, now=timezone.now())
        messages.success(request, _("Recalls go out by themselves from now on.") if set_to.is_on else _("Recalls go out by hand only."))
        return redirect("admin:recall_policy")
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Automatic recalls"),
        "form": form,
        "is_on": services.recall_policy().is_on,
        "sentence": sentence(form),
        "since": policy.since if policy.is_on else None,
    }
    return TemplateResponse(request, "aftercare/recall_policy.html", context)


def sentence(form: RecallPolicyForm) -> str:
    """What is set, as one would say it."""
    before, after, most = form.shown("days_before"), form.shown("weeks_after"), int(form.shown("most"))
    steps = [
        ngettext("the first %(n)s day before the session is due", "the first %(n)s days before the session is due", before) % {"n": before},
        _("the second on the day itself"),
        ngettext("the third %(n)s week after", "the third %(n)s weeks after", after) % {"n": after},
    ]
    said = {"steps": ", ".join(steps), "most": most, "hour": in_words(int(form.shown("hour")))}
    if most == len(steps):
        return _("A patient hears from us %(most)s times at most: %(steps)s; at %(hour)s on the patient’s clock.") % said
    return (
        ngettext(
            "A patient hears from us once at most, on the first of these days: %(steps)s; at %(hour)s on the patient’s clock.",
            "A patient hears from us %(most)s times at most, on the first of these days: %(steps)s; at %(hour)s on the patient’s clock.",
            most,
        )
        % said
    )
