"""The pages between name and password and the clinic's own; and those on which one looks after one's phone and codes."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from clinic.models.second_factor import CODES, RecoveryCodes, as_read
from clinic.signing_in import second_factor
from clinic.signing_in.drawing import qr_code
from clinic.signing_in.forms import CodeForm, NewCodesForm, SetUpForm
from clinic.signing_in.second_factor import CodeRefused
from scheduling.admin.ways_back import next_of

View = Callable[..., HttpResponse]


def where_it_is_asked_for(view: View) -> View:
    """In the demo there is no second factor, and no page of it."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SECOND_FACTOR:
            raise Http404
        return view(request, *args, **kwargs)

    return inner


def to_second_factor(request: HttpRequest, name: str = "admin:second_factor") -> HttpResponseRedirect:
    """Where the code is given, or a phone set up, and from there to wherever one wanted."""
    return redirect_to_login(next_of(request) or reverse("admin:index"), reverse(name))


@where_it_is_asked_for
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Asks for the code. Whoever has given it sees here what she has set up."""
    phone = second_factor.phone_of(request.user)
    if second_factor.is_complete(request):
        if request.method == "POST":  # twice
            return redirect(next_of(request) or "admin:index")
        return _state(request, NewCodesForm())
    if phone is None:
        return to_second_factor(request, "admin:second_factor_set_up")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            device = second_factor.give(request, form.given)
        except CodeRefused as refused:
            form.add_error(form.used, str(refused))
        else:
            if isinstance(device, RecoveryCodes):
                _say_how_many_are_left(request)
            return redirect(next_of(request) or "admin:index")
    return _page(request, "code", _("One more step"), form=form)


def _state(request: HttpRequest, form: NewCodesForm) -> HttpResponse:
    phone, left = second_factor.phone_of(request.user), second_factor.codes_left(request.user)
    return _page(request, "state", _("Second factor"), form=form, phone=phone, left=left, few=second_factor.FEW)


def _say_how_many_are_left(request: HttpRequest) -> None:
    left = second_factor.codes_left(request.user)
    said = ngettext(
        "You signed in with a recovery code; %(count)s is left.", "You signed in with a recovery code; %(count)s are left.", left
    ) % {"count": left}
    todo = _("Make new ones, or set up another phone") if left <= second_factor.FEW else _("Is your phone lost? Set up another one")
    level = messages.WARNING if left <= second_factor.FEW else messages.INFO
    messages.add_message(request, level, format_html('{} <a href="{}">{}</a>.', said, reverse("admin:second_factor"), todo))


@where_it_is_asked_for
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor_set_up_page(request: HttpRequest) -> HttpResponse:
    """The first phone, or another one. The recovery codes are in the answer itself: nobody can show them again."""
    phone = second_factor.phone_of(request.user)
    if phone and not second_factor.is_complete(request):
        return to_second_factor(request)
    if second_factor.has_to_begin_anew(request):
        return to_second_factor(request, "admin:login")
    form = SetUpForm(request.POST or None, user=request.user, has_phone=phone is not None)
    if form.is_valid():
        if not form.phone.shows(form.cleaned_data["code"]):
            form.add_error("code", second_factor.not_shown())
        elif form.prove():
            try:
                turn = request.session.get(second_factor.MAY_SET_UP)
                new, codes = second_factor.set_up(request.user, form.phone.key, form.cleaned_data["code"], in_place_of=phone, turn=turn)
            except CodeRefused as refused:
                form.add_error(None, str(refused))
            else:
                second_factor.take(request, new)
                if codes:
                    return _codes(request, codes)
                messages.success(request, _("Your new phone is set up. The old one’s codes are worth nothing any more."))
                return redirect(next_of(request) or "admin:second_factor")
    title = _("Set up another phone") if phone else _("Set up your phone")
    groups = re.findall(".{4}", form.phone.secret)
    picture = qr_code(form.phone.config_url)
    return _page(request, "set_up", title, form=form, picture=picture, secret_groups=groups, has_phone=phone is not None)


@where_it_is_asked_for
@require_POST
def recovery_codes_view(request: HttpRequest) -> HttpResponse:
    form = NewCodesForm(request.POST)
    if form.is_valid():
        try:
            return _codes(request, second_factor.renew_codes(request, form.cleaned_data["proof"]))
        except CodeRefused as refused:
            form.add_error("proof", str(refused))
    return _state(request, form)


def _codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    back = reverse("admin:index")
    return _page(request, "codes", _("Your recovery codes"), codes=[as_read(code) for code in codes], back=back)


def _page(request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
    common = admin.site.each_context(request) | {"title": title, "next": next_of(request), "of_all": CODES}
    return TemplateResponse(request, f"signing_in/{name}.html", common | context)


@require_http_methods(["GET", "HEAD", "POST"])
def session_view(request: HttpRequest) -> JsonResponse:
    """How many seconds this session lasts if nothing more happens, null where it doesn't end by itself. A POST says that somebody is here.

    With who is signed in, and the token for this page's forms: either is another one after signing in again on another page.
    """
    session: Any = request.session
    if settings.IDLE_MINUTES and request.method == "POST":
        session.renew()
    seconds = session.seconds_left() if settings.IDLE_MINUTES else None
    return JsonResponse({"seconds": seconds, "who": request.user.pk, "token": get_token(request)})
