"""The inbox: who waits for us, the most pressing first."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from aftercare import services
from aftercare.admin.conversations import MAY_SEE
from aftercare.models import Concern
from aftercare.models.concerns import MAY_RESOLVE
from aftercare.reports import (
    MOST_FOUND,
    Asked,
    Conversation,
    Waiting,
    conversations,
    filled,
    locations_without_anybody_on_call,
    open_concerns,
    waiting,
    without_conversation,
)
from aftercare.views import polling, words
from aftercare.views.bubbles import latest_words
from aftercare.views.cards import NOBODYS, card, who_of
from aftercare.views.meaning import means_in_a_list
from notifications.domain.masking import masked
from scheduling.models import Location, Patient
from scheduling.services.staff import staff_name

PER_PAGE = 30
LONGEST_NAME = 100  # characters that are looked for
MOST_SAID = 5
CONCERNS, UNREAD, ALL = "concerns", "unread", "all"
LIST = "inbox-list"
BESIDE = ("aftercare/_inbox_shows.html", "admin/_nav_count.html")
SHOWS = {ALL: gettext_lazy("All"), CONCERNS: gettext_lazy("Open concerns"), UNREAD: gettext_lazy("To read")}


@require_safe
@permission_required(MAY_SEE, raise_exception=True)
def inbox_page(request: HttpRequest) -> HttpResponse:
    """htmx asks every ten seconds for the list alone."""
    now = timezone.now()
    locations = list(Location.objects.prefetch_related("opening_hours"))
    show = request.GET.get("show", ALL)
    show = show if show in SHOWS else ALL
    location = next((one for one in locations if str(one.pk) == request.GET.get("location")), None)
    typed = request.GET.get("q", "").replace("\0", "")[:LONGEST_NAME].strip()
    asked = Asked(location, typed, unread_only=show == UNREAD, names_only=not request.user.has_perm("scheduling.view_patient"))
    context = listed(request, asked, show, now)
    context |= {
        "has_several_locations": len(locations) > 1,
        "asked": asked,
        "show": show,
        "may_acknowledge": request.user.has_perm("aftercare.acknowledge_concern"),
        "may_resolve": request.user.has_perm(MAY_RESOLVE),
    }
    urgent = list(
        Concern.objects.filter(resolved_at=None, severity=Concern.Severity.URGENT).select_related("patient").order_by("-pk")[:MOST_SAID]
    )
    count = waiting(now)
    context |= {
        "shows": shows(request, show, count),
        "count": count,
        "beside": BESIDE,
        "path": request.path,
        "asks": {"newest": urgent[0].pk if urgent else 0},
    }
    if polling.is_asked_for(request, LIST):
        return polling.again(request, LIST, "aftercare/_inbox_list.html", context, said=news(request, urgent))
    context |= {
        **admin.site.each_context(request),
        "title": _("Inbox"),
        "list": polling.part(request, LIST, "aftercare/_inbox_list.html", context),
        "locations": locations,
        "unstaffed": locations_without_anybody_on_call(locations),
        "here": request.get_full_path(),
    }
    return TemplateResponse(request, "aftercare/inbox.html", context)


def listed(request: HttpRequest, asked: Asked, show: str, now: datetime) -> dict[str, Any]:
    """Concerns stand before everything else, on the first page; who has one isn't listed twice."""
    concerns = list(open_concerns(asked)) if show != UNREAD else []
    shows_facts = request.user.has_perm(MAY_RESOLVE)
    rungs = services.rungs_of(concern.location for concern in concerns)
    cards = [card(concern, now, rungs=rungs[concern.location_id], shows_facts=shows_facts) for concern in concerns]
    context: dict[str, Any] = {"cards": cards, "is_first": True, "everything": address(request, show=None, p=None)}
    if show == CONCERNS:
        return context
    rows = conversations(asked, now, but=[concern.patient_id for concern in concerns if concern.patient_id])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    context |= {"page": page, "rows": [row(one, now) for one in filled(list(page))], "is_first": page.number == 1}
    if asked.name.strip() and show == ALL and page.number == 1 and not asked.names_only:
        found = without_conversation(asked)
        context |= {"silent": [silent(patient) for patient in found[:MOST_FOUND]], "has_more_silent": len(found) > MOST_FOUND}
    context["pages"] = [(number, address(request, p=number)) for number in page.paginator.get_elided_page_range(page.number)]
    return context


def row(conversation: Conversation, now: datetime) -> dict[str, Any]:
    last = conversation.last
    name = last.patient.full_name if last.patient else f"{NOBODYS} ({masked(last.reply.address)})" if last.reply else str(NOBODYS)
    at = conversation.waits_since or last.planned_for
    is_ours = last.reply_id is None
    return {
        "who": name,
        "url": reverse("admin:inbox_thread", args=[last.patient_id])
        if last.patient_id
        else reverse("admin:inbox_unknown", args=[last.reply_id]),
        "key": f"{last.patient_id or ''}-{last.reply_id or ''}" if not last.patient_id else str(last.patient_id),
        "unread": conversation.unread,
        "words": latest_words(last),
        "means": means_in_a_list(last),
        "by": (staff_name(last.written_by) or _("the clinic")) if is_ours else "",
        "ago": words.ago(at, now, last.zone),
    }


def silent(patient: Patient) -> dict[str, str]:
    """With what tells her from others of that name."""
    born = date_format(patient.birth_date, "M j, Y")
    number = patient.phone.as_national if patient.phone else ""
    return {
        "who": patient.full_name,
        "url": reverse("admin:inbox_thread", args=[patient.pk]),
        "about": " · ".join(filter(None, [born, number])),
    }


def shows(request: HttpRequest, chosen: str, count: Waiting) -> list[tuple[str, str, int | None, bool]]:
    """(label, address, how many of all, whether it is chosen)."""
    counts = {CONCERNS: count.concerns, UNREAD: count.replies}
    return [(str(label), address(request, show=name, p=None), counts.get(name), name == chosen) for name, label in SHOWS.items()]


def address(request: HttpRequest, **changed: Any) -> str:
    """The page as it is asked for, but for what is changed."""
    kept = {name: request.GET[name].replace("\0", "") for name in ("show", "location", "q", "p") if request.GET.get(name)}
    wanted = {name: value for name, value in {**kept, **changed}.items() if value is not None}
    return f"{request.path}?{urlencode(wanted)}" if wanted else request.path


def news(request: HttpRequest, urgent: list[Concern]) -> str:
    """Which urgent concerns have come since the page was drawn, to be read out, whatever it is that it shows."""
    known = request.GET.get("newest", "")
    if not (known.isascii() and known.isdecimal() and len(known) < 19):
        return ""
    names = [who_of(concern) for concern in urgent if concern.pk > int(known)]
    return _("New urgent concern: %(names)s.") % {"names": ", ".join(names)} if names else ""
