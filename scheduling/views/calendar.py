"""A practitioner's calendar, as programs read it and as people get its address."""

import hashlib
from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from scheduling import services
from scheduling.models import CalendarFeed, Practitioner


@require_safe
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The token is all that it takes: a calendar program has no sign-in. No session is read or made.

    Unchanged since the program last asked, it answers 304; by its content alone, since a deleted absence leaves no date behind.
    """
    feed, now = services.calendar_feed(token), timezone.now()
    if feed is None:
        raise Http404
    from scheduling.reports.calendar import calendar_of  # 8 MB, that only a web process needs

    content = calendar_of(feed, now)
    services.note_reading(feed, now)
    etag = quote_etag(hashlib.sha256(content).hexdigest())
    headers = {
        "Content-Type": "text/calendar; charset=utf-8",
        "ETag": etag,
        "Cache-Control": "private, no-cache",  # may be kept, and is asked about each time
        "Content-Disposition": 'inline; filename="sessions.ics"',
    }
    return cast(HttpResponse, get_conditional_response(request, etag=etag, response=HttpResponse(content, headers=headers)))


def my_calendar_page(request: HttpRequest) -> HttpResponse:
    """Whoever treats patients may subscribe to her own days, whatever else she may do here."""
    practitioner = Practitioner.objects.filter(user=cast(User, request.user), is_active=True).first()
    if practitioner is None:
        raise Http404
    return calendar_address_page(request, practitioner, title=_("My calendar"), may_make=True, may_revoke=True)


def calendar_address_page(
    request: HttpRequest, practitioner: Practitioner, *, title: Any, may_make: bool, may_revoke: bool, back: str = ""
) -> HttpResponse:
    """Makes the address and shows it, this once, on the page that answers; or revokes it."""
    address = ""
    if request.method == "POST" and "make" in request.POST and may_make and practitioner.is_active:
        _feed, token = services.make_calendar_address(practitioner, by=cast(User, request.user))
        # Straight into the answer: a redirect would have to keep it somewhere in between.
        address = settings.PUBLIC_BASE_URL + reverse("calendar", args=[token])
    elif request.method == "POST":
        if "revoke" in request.POST and may_revoke and services.revoke_calendar_address(practitioner):
            messages.success(request, _("The address is revoked. Calendars that read it get nothing more."))
        return redirect(request.path)
    context = {
        **admin.site.each_context(request),
        "title": title,
        "practitioner": practitioner,
        "feed": CalendarFeed.objects.select_related("created_by").filter(practitioner=practitioner, revoked_at=None).first(),
        "address": address,
        "subscribe": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
        "may_make": may_make and practitioner.is_active,
        "may_revoke": may_revoke,
        "back": back,
    }
    answer = TemplateResponse(request, "scheduling/calendar_address.html", context)
    if address:
        answer["Referrer-Policy"] = "no-referrer"
    return answer
