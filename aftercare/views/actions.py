"""What is done from a conversation: acknowledge, resolve, answer, mark as read, raise a concern."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from aftercare import services
from aftercare.admin.conversations import MAY_SEE
from aftercare.errors import CantBeReached, Refused, SaidMore, TakenAlready
from aftercare.forms.conversations import LONGEST, AnswerForm, RaiseForm, ResolveForm
from aftercare.models import CareMessage, Concern
from aftercare.models.concerns import MAY_RESOLVE
from aftercare.querysets import CareMessageQuerySet
from aftercare.services.concerns.lifecycle import location_of
from aftercare.services.replies.writing import MOST_SEGMENTS, letter_of
from aftercare.views.cards import thread_url
from aftercare.views.thread import concern_or_404, show, show_number
from notifications.domain.segments import segments
from notifications.models import Reply
from scheduling.forms.sent import number
from scheduling.models import Location
from scheduling.views.chosen import known_patient

BY = {"sms": "The answer goes out by text now.", "email": "The answer goes out by email now."}


@require_POST
@permission_required((*MAY_SEE, "aftercare.acknowledge_concern"), raise_exception=True)
def acknowledge_view(request: HttpRequest, pk: int) -> HttpResponse:
    concern = concern_or_404(pk)
    try:
        services.acknowledge(concern, by=cast(User, request.user), seen=_heard(request), now=timezone.now())
    except (TakenAlready, SaidMore) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("You have acknowledged it: nobody else is told. It stays open until somebody resolves it."))
    return redirect(thread_url(concern) or "admin:inbox")


@require_POST
@permission_required((*MAY_SEE, MAY_RESOLVE), raise_exception=True)
def resolve_view(request: HttpRequest, pk: int) -> HttpResponse:
    concern = concern_or_404(pk)
    form = ResolveForm(request.POST)
    if form.is_valid():
        try:
            by, note = cast(User, request.user), form.cleaned_data["note"]
            services.resolve(concern, note=note, by=by, seen=_heard(request), now=timezone.now())
        except TakenAlready as refusal:
            messages.warning(request, str(refusal))
            return redirect(thread_url(concern) or "admin:inbox")
        except Refused as refusal:
            form.add_error("note", str(refusal))
        else:
            paused = _(" What was paused for it goes on.") if concern.patient_id and concern.severity == Concern.Severity.URGENT else ""
            messages.success(request, _("The concern is resolved.") + paused)
            return redirect(thread_url(concern) or "admin:inbox")
    return _shown(request, concern, resolve_form=form)


def _shown(request: HttpRequest, concern: Concern, **forms: Any) -> HttpResponse:
    if concern.patient:
        return show(request, concern.patient, **forms)
    reply = Reply.objects.filter(caremessage__concern=concern).order_by("pk").first()
    if reply is None:
        messages.error(request, str(next(iter(forms.values())).errors.as_text()))
        return redirect("admin:inbox")
    return show_number(request, reply, **forms)


@require_POST
@permission_required((*MAY_SEE, "aftercare.acknowledge_concern"), raise_exception=True)
def answer_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever answers has read what was on the page, and no more."""
    patient = known_patient(pk)
    by, now, form = cast(User, request.user), timezone.now(), AnswerForm(request.POST)
    if form.is_valid():
        try:
            line = services.answer(patient, form.cleaned_data["words"], by=by, seen=_heard(request), now=now)
        except Refused as refusal:
            form.add_error("words", str(refusal))
        else:
            services.mark_read(_seen(request, CareMessage.objects.filter(patient=patient)), by=by, now=now)
            messages.success(request, BY[line.channel])
            return redirect("admin:inbox_thread", patient.pk)
    return show(request, patient, answer_form=form)


@require_POST
@permission_required((*MAY_SEE, "aftercare.acknowledge_concern"), raise_exception=True)
def count_view(request: HttpRequest, pk: int) -> HttpResponse:
    """How many texts the words are so far, the clinic's name included. It writes nothing; posted, so that no log has the words."""
    patient = known_patient(pk)
    words = request.POST.get("words", "")[: 2 * LONGEST].replace("\0", "").replace("\r\n", "\n").strip()
    concern, context = services.open_concern_of(patient), {}
    try:
        channel = services.way_to(patient).channel
    except CantBeReached:
        channel = ""
    if words and channel == "sms" and Location.objects.exists():
        location = concern.location if concern else location_of(patient, timezone.now())
        encoding, texts = segments(letter_of(words, location, patient.language).sms)
        context = {"number": texts, "most": MOST_SEGMENTS, "is_too_long": texts > MOST_SEGMENTS, "is_dear": encoding != "GSM-7"}
    return TemplateResponse(request, "aftercare/_count.html", context)


@require_POST
@permission_required((*MAY_SEE, "aftercare.read_replies"), raise_exception=True)
def read_view(request: HttpRequest, pk: int) -> HttpResponse:
    patient = known_patient(pk)
    _mark_read(request, CareMessage.objects.filter(patient=patient))
    return redirect("admin:inbox_thread", patient.pk)


@require_POST
@permission_required((*MAY_SEE, "aftercare.read_replies"), raise_exception=True)
def read_number_view(request: HttpRequest, pk: int) -> HttpResponse:
    reply = get_object_or_404(Reply, pk=pk)
    from_there = CareMessage.objects.filter(patient=None, reply__channel=reply.channel, reply__address=reply.address)
    _mark_read(request, from_there)
    return redirect("admin:inbox_unknown", reply.pk) if from_there.exists() else redirect("admin:inbox")


@require_POST
@permission_required((*MAY_SEE, "aftercare.add_concern"), raise_exception=True)
def raise_view(request: HttpRequest, pk: int) -> HttpResponse:
    """She phoned, or said it at the desk."""
    patient = known_patient(pk)
    form = RaiseForm(request.POST)
    if form.is_valid():
        said, severity = form.cleaned_data["said"], form.cleaned_data["severity"]
        try:
            concern = services.raise_concern(patient=patient, severity=severity, said=said, by=cast(User, request.user), now=timezone.now())
        except Refused as refusal:
            form.add_error("said", str(refusal))
        else:
            if not concern.acknowledged_at and services.nobody_on_call(concern.location):
                messages.warning(request, _("The concern is open, and nobody is on call: fetch a clinician now."))
            else:
                messages.success(request, _told(concern))
            return redirect("admin:inbox_thread", patient.pk)
    return show(request, patient, raise_form=form)


def _told(concern: Concern) -> str:
    told = concern.events.filter(what="told").select_related("contact").order_by("pk").last()
    if concern.acknowledged_at:
        return _("It is added to the open concern.")
    if told and told.contact:
        return _("The concern is open, and %(name)s is told.") % {"name": told.contact}
    return _("The concern is open.")


def _seen(request: HttpRequest, lines: CareMessageQuerySet) -> list[CareMessage]:
    """Those that the page showed: what has come since is still to be read."""
    return list(lines.to_read().filter(pk__lte=number(request.POST.get("seen")) or 0))


def _heard(request: HttpRequest) -> int:
    """How much of the concern the page showed. Its parts look again each by itself: what one of them hasn't shown yet doesn't count."""
    return min((number(heard) or 0 for heard in request.POST.getlist("heard")), default=0)


def _mark_read(request: HttpRequest, lines: CareMessageQuerySet) -> None:
    count = services.mark_read(_seen(request, lines), by=cast(User, request.user), now=timezone.now())
    if not count:
        messages.warning(request, _("There was nothing to read any more."))
        return
    said = ngettext("%(count)s reply marked as read.", "%(count)s replies marked as read.", count) % {"count": count}
    messages.success(request, said)
