"""One conversation: who she is, what worries her, what was said, and what can be done about it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from phonenumber_field.phonenumber import to_python

from aftercare import services
from aftercare.admin.conversations import MAY_SEE
from aftercare.domain.consent import Purpose
from aftercare.errors import CantBeReached
from aftercare.forms.conversations import AnswerForm, RaiseForm, ResolveForm
from aftercare.models import CareMessage, Concern
from aftercare.models.concerns import MAY_RESOLVE
from aftercare.reports import About, Thread, about, thread_of, thread_of_number
from aftercare.services.changes.agreeing import BY_LINK
from aftercare.services.concerns.lifecycle import location_of
from aftercare.services.telling.consent import latest_consents, patients_at
from aftercare.services.telling.pausing import routine_key
from aftercare.views import polling, words
from aftercare.views.bubbles import planned, talk
from aftercare.views.cards import card
from notifications.domain.masking import masked
from notifications.models import Pause, Reply
from scheduling import services as scheduling
from scheduling.models import Location, Patient
from scheduling.models.patients import ADULT_AT
from scheduling.services.staff import staff_name
from scheduling.views.chosen import known_patient

CONCERN, TALK = "thread-concern", "thread-talk"
PARTS = {CONCERN: "aftercare/_thread_concern.html", TALK: "aftercare/_thread_talk.html"}


@require_safe
@permission_required(MAY_SEE, raise_exception=True)
def thread_page(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, known_patient(pk))


@require_safe
@permission_required(MAY_SEE, raise_exception=True)
def unknown_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Of a number that no patient has, by one of the replies that came from there."""
    kept = Reply.objects.exclude(address="")
    return show_number(request, get_object_or_404(kept, pk=pk, caremessage__patient=None, caremessage__isnull=False))


def show(request: HttpRequest, patient: Patient, **forms: Any) -> HttpResponse:
    """With a form that was refused, if there is one: what was typed stays."""
    now = timezone.now()
    thread = thread_of(patient, now, whole="all" in request.GET)
    context = drawn(request, thread, patient, now)
    if asked := next((name for name in PARTS if polling.is_asked_for(request, name)), None):
        return polling.again(request, asked, PARTS[asked], context)
    concern = thread.open_concern
    location = concern.location if concern else location_of(patient, now) if Location.objects.exists() else None
    context |= {
        **framed(request, context, **forms),
        "title": patient.full_name,
        "facts": facts(about(patient, now), now),
        "age": age if (age := patient.age_on(timezone.localtime(now, patient.zone).date())) < ADULT_AT else None,
        **phone(patient, whole=request.user.has_perm("scheduling.view_patient")),
        "her_language": get_language_info(patient.language)["name"],
        "her_clock": her_clock(patient, location),
        "no_more_emails": no_more_emails(patient, now),
        "location": location,
        "opens_raise": concern is None and not CareMessage.objects.filter(patient=patient).spoken().exists(),
        "has_nobody_on_call": location is not None and services.nobody_on_call(location),
        "closed": closed(location, now) if location else "",
        **ways_to(patient),
    }
    return TemplateResponse(request, "aftercare/thread.html", context)


def show_number(request: HttpRequest, reply: Reply, **forms: Any) -> HttpResponse:
    now = timezone.now()
    thread = thread_of_number(reply)
    context = drawn(request, thread, None, now)
    if asked := next((name for name in PARTS if polling.is_asked_for(request, name)), None):
        return polling.again(request, asked, PARTS[asked], context)
    first = thread.lines[0] if thread.lines else None
    context |= {
        **framed(request, context, **forms),
        "title": _("A number that no patient has"),
        "reply": reply,
        **phone_of(reply, whole=context["may_acknowledge"]),  # whoever takes it on calls back
        "now_hers": list(patients_at(reply.channel, reply.address)),
        "first": first,
    }
    return TemplateResponse(request, "aftercare/thread.html", context)


def drawn(request: HttpRequest, thread: Thread, patient: Patient | None, now: datetime) -> dict[str, Any]:
    """What both the page and its parts show."""
    user = request.user
    zone = patient.zone if patient else timezone.get_default_timezone()
    may_open = user.has_perm("aftercare.view_caremessage")
    shows_facts = user.has_perm(MAY_RESOLVE)
    concern = thread.open_concern
    is_paused = patient is not None and Pause.objects.filter(key=routine_key(patient)).exists()
    last = next((line.reply_id for line in reversed(thread.lines) if line.reply_id), None)
    if patient:
        path, read_url = (reverse(f"admin:{name}", args=[patient.pk]) for name in ("inbox_thread", "inbox_read"))
    else:
        path, read_url = (reverse(f"admin:{name}", args=[last]) for name in ("inbox_unknown", "inbox_unknown_read"))
    return {
        "path": path,
        "patient": patient,
        "thread": thread,
        "items": talk(thread, zone, now, may_open=may_open),
        "planned": planned(thread, zone, now, may_open=may_open, is_paused=is_paused),
        "is_paused": is_paused,
        "card": card(concern, now, rungs=services.rungs_at(concern.location), shows_facts=shows_facts) if concern else None,
        "unread": len(thread.unread),
        "may_acknowledge": user.has_perm("aftercare.acknowledge_concern"),
        "may_resolve": user.has_perm(MAY_RESOLVE),
        "may_raise": user.has_perm("aftercare.add_concern") and patient is not None,
        "may_read": user.has_perm("aftercare.read_replies"),
        "read_url": read_url,
    }


def framed(request: HttpRequest, context: dict[str, Any], **forms: Any) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "concern_part": polling.part(request, CONCERN, PARTS[CONCERN], context),
        "talk_part": polling.part(request, TALK, PARTS[TALK], context),
        "answer_form": forms.get("answer_form") or AnswerForm(),
        "resolve_form": forms.get("resolve_form") or ResolveForm(),
        "raise_form": forms.get("raise_form") or RaiseForm(),
    }


def ways_to(patient: Patient) -> dict[str, str]:
    try:
        way = services.way_to(patient)
    except CantBeReached as refusal:
        return {"channel": "", "why_not_by_text": "", "unreachable": str(refusal)}
    return {"channel": way.channel, "why_not_by_text": way.why, "unreachable": ""}


def no_more_emails(patient: Patient, now: datetime) -> str:
    """That she has ended them herself, and when: she may ask why none come. "" where she hasn’t."""
    latest = latest_consents(patient).get((Purpose.CARE, "email"))
    if latest is None or latest.is_granted or latest.source != BY_LINK:
        return ""
    return _("Ended emails on %(on)s") % {"on": words.day(latest.given_at, patient.zone, now)}


def phone(patient: Patient, *, whole: bool) -> dict[str, str]:
    """The number to call, and how it is read; as much of it as lists show for whoever may not see it `whole`."""
    if not patient.phone:
        return {"phone": "", "phone_text": ""}
    number = str(patient.phone.as_e164)
    return {"phone": number, "phone_text": patient.phone.as_national} if whole else {"phone": "", "phone_text": masked(number)}


def phone_of(reply: Reply, *, whole: bool) -> dict[str, str]:
    number = to_python(reply.address) if reply.channel == "sms" else None
    text = number.as_national if number and number.is_valid() else reply.address
    return {"phone": reply.address if number else "", "phone_text": text} if whole else {"phone": "", "phone_text": masked(reply.address)}


def facts(her: About, now: datetime) -> dict[str, Any]:
    """Her last session, the one that she has come for and her next one, in words and with where they are found."""
    found: dict[str, Any] = {}
    if her.last and her.last.completed_at:
        days = (her.last.day_of(now) - her.last.day_of(her.last.completed_at)).days
        found["since"] = _since(days)
        product = her.plan.product if her.plan else None
        found["last"] = [her.last.course.treatment.name, *([str(product)] if product else [])]
        found["last_on"] = words.day(her.last.completed_at, her.last.zone, now)
        found["last_url"] = reverse("admin:scheduling_appointment_change", args=[her.last.pk])
    if her.last and her.plan and her.plan.stopped_at:
        who, zone = staff_name(her.plan.stopped_by), her.last.zone
        said = _("Aftercare stopped %(at)s by %(who)s: %(why)s") if who else _("Aftercare stopped %(at)s: %(why)s")
        found["stopped"] = said % {"at": words.clock(her.plan.stopped_at, zone, now), "who": who, "why": her.plan.stop_reason}
    if her.here:
        found["here"] = words.clock(her.here.starts_at, her.here.zone, now)
        found["here_url"] = reverse("admin:scheduling_appointment_change", args=[her.here.pk])
    if her.coming:
        found["coming"] = words.clock(her.coming.starts_at, her.coming.zone, now)
        found["coming_url"] = reverse("admin:scheduling_appointment_change", args=[her.coming.pk])
    return found


def _since(days: int) -> str:
    """The clinic's days: the session's own is day 0, as in the texts (F7)."""
    if days <= 0:
        return _("Treated today,")
    return ngettext("Day %(count)s after the session of", "Day %(count)s after the session of", days) % {"count": days}


def her_clock(patient: Patient, location: Location | None) -> str:
    """Where she lives by another clock than the clinic."""
    if location is None or patient.time_zone == location.time_zone:
        return ""
    return _("Times are on the patient’s clock, in %(zone)s.") % {"zone": patient.time_zone.rpartition("/")[2].replace("_", " ")}


def closed(location: Location, now: datetime) -> str:
    """Until when, while it is."""
    if scheduling.is_open(location, now):
        return ""
    opens = scheduling.opens_at(location, now)
    if opens is None:
        return _("%(location)s is closed.") % {"location": location}
    when = date_format(timezone.localtime(opens, location.zone), "l, g:i A")
    return _("%(location)s is closed until %(when)s.") % {"location": location, "when": when}


def concern_or_404(pk: int) -> Concern:
    concern: Concern = get_object_or_404(Concern.objects.select_related("patient", "location"), pk=pk)
    return concern
