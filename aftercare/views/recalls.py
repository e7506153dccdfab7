"""The report's button “Send recall”: first what would go to whom, and why not to others; then it is sent."""

from typing import Any, cast

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

from aftercare import services
from aftercare.domain.recalls import WhyNot
from aftercare.services import Shown, Wanted
from scheduling.domain.cadence import RecallKind
from scheduling.models.recalls import RECALL_KINDS
from scheduling.views.chosen import chosen_patients

MAY_SEND = ("scheduling.view_patient", "scheduling.act_on_recalls")


@permission_required(MAY_SEND, raise_exception=True)
def recall_send_page(request: HttpRequest) -> HttpResponse:
    """Looked at, nothing goes out. Pressed twice, it goes once."""
    now = timezone.now()
    chosen = chosen_patients(request, now, unticked=_("Nobody is ticked. Go back, and tick whom you want to ask back."))
    if request.method == "POST" and request.POST.get("press") == "send" and not chosen.problem:
        _say(request, services.want_recalls(chosen.patients, by=cast(User, request.user), now=now))
        return redirect(chosen.back)
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Send recalls"), "chosen": chosen}
    if not chosen.problem:
        context |= _foreseen(services.foresee_recalls(chosen.patients, now=now))
    return TemplateResponse(request, "aftercare/recall_send.html", context)


def _foreseen(wanted: Wanted) -> dict[str, Any]:
    shown = services.words_for(wanted)
    segments = sum(one.segments for one in shown)
    return {
        "number": wanted.number,
        "texts": wanted.by("sms"),
        "emails": wanted.by("email"),
        "nothing": wanted.not_told.total(),
        "reasons": wanted.not_told.most_common(),
        "later": wanted.later,
        "hour": hour_of(services.recall_policy().hour),
        "shown": [_as_shown(one) for one in shown],
        "segments": segments,
        "cost": _dollars(services.cost_of(segments)),
    }


def _as_shown(shown: Shown) -> dict[str, Any]:
    kind = str(dict(RECALL_KINDS)[RecallKind(shown.alike.kind).value])
    return {
        "what": _("Text message") if shown.alike.way == "sms" else _("Email"),
        "language": shown.alike.language,
        "kind": kind,
        "number": shown.number,
        "subject": shown.subject,
        "body": shown.body,
        "segments": shown.segments // shown.number,
    }


def hour_of(hour: int) -> str:
    return date_format(timezone.now().replace(hour=hour, minute=0, tzinfo=None), "g A")


def _dollars(amount: Any) -> str:
    return _("less than a cent") if 0 < amount < 0.01 else _("about %(amount)s") % {"amount": f"${amount:,.2f}"}


def _later(wanted: Wanted) -> str:
    """Of those whose night it is. The hour is the policy's, and needn't be in the morning."""
    if not wanted.later:
        return ""
    about = {"n": f"{wanted.later:,}", "hour": hour_of(services.recall_policy().hour)}
    if wanted.later == wanted.number:
        return _(", at %(hour)s on the patient’s own clock") % about
    return _("; %(n)s of them at %(hour)s on the patient’s own clock") % about


def _say(request: HttpRequest, wanted: Wanted) -> None:
    if wanted.number:
        said = ngettext("%(n)s recall is on its way", "%(n)s recalls are on their way", wanted.number) % {"n": f"{wanted.number:,}"}
        parts = []
        if texts := wanted.by("sms"):
            parts.append(ngettext("%(n)s text", "%(n)s texts", texts) % {"n": f"{texts:,}"})
        if emails := wanted.by("email"):
            parts.append(ngettext("%(n)s email", "%(n)s emails", emails) % {"n": f"{emails:,}"})
        messages.success(request, f"{said}: {_(' and ').join(parts)}{_later(wanted)}.")
    elif set(wanted.not_told) == {WhyNot.WAITS}:
        messages.info(request, _("They were on their way already: nothing is sent twice."))
    if wanted.not_told and set(wanted.not_told) != {WhyNot.WAITS}:
        why = ", ".join(f"{number:,} {_(reason.value)}" for reason, number in wanted.not_told.most_common())
        messages.warning(request, _("Nothing is sent to the others: %(why)s.") % {"why": why})
