"""What is answered in place of a page: a sentence that says what to do, in our frame for people and bare for programs."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from aftercare import wording
from scheduling.errors import PatientErased, TooSlow

FOR_PROGRAMS = ("/webhooks/", "/calendar/", "/healthz", "/readyz", "/metrics")
FOR_PATIENTS = ("/emails/",)


class RefusalsMiddleware:
    """For what a view answers by itself, or raises, that has no handler of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if settings.DEBUG and answer.status_code == 404 and request.resolver_match is None:  # where Django lists all addresses
            return nothing_here(request)
        is_bare = answer.status_code == 405 and not answer.streaming and not answer.content
        return not_opened(request, answer["Allow"]) if is_bare else answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        for kind, answer in ANSWERS.items():
            if isinstance(exception, kind):
                return answer(request, exception)
        return None


def refused(
    request: HttpRequest, status: int, title: str, sentence: str, *, again: str = "", way: str = "", **headers: str
) -> HttpResponse:
    """`again` is an address to try once more; `way` is what the button that leads there says instead of that."""
    if request.path_info.startswith(FOR_PROGRAMS):
        answer = _bare(sentence, status)
    else:
        answer = render(request, "refused.html", {"title": title, "sentence": sentence, "again": again, "way": way}, status=status)
    for name, value in headers.items():
        answer[name] = value
    return answer


def _bare(sentence: str, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


# --- who may not ---------------------------------------------------------------------------------------------------------


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler403`."""
    sentence = _("You are signed in, but this page takes another role. If you need it, ask whoever gives out the roles.")
    return refused(request, 403, _("Not for this sign-in"), sentence)


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    if request.path_info.startswith(FOR_PATIENTS):
        pages = [wording.too_many_at_once(language) for language, _name in settings.PATIENT_LANGUAGES]
        answer = render(request, "aftercare/end_emails.html", {"pages": pages}, status=429)
        answer["Retry-After"] = str(seconds)
        return answer
    wait = ngettext("Wait %(count)s second, then try again.", "Wait %(count)s seconds, then try again.", seconds) % {"count": seconds}
    sentence = f"{_('Too much was asked for from your address within a short time.')} {wait}"
    return refused(request, 429, _("That was too often"), sentence, again=request.path, **{"Retry-After": str(seconds)})


# --- what can't be read --------------------------------------------------------------------------------------------------


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler400`."""
    if isinstance(exception, DisallowedHost):  # no page of ours could be linked from there
        return _bare(_("The clinic isn’t known under the name by which you called it. Check the address."), 400)
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    if isinstance(exception, (TooManyFieldsSent, TooManyFilesSent)):
        sentence = _("More was sent than any of our pages asks for. Nothing was saved: go back and send less at a time.")
        return refused(request, 400, _("That is too much"), sentence)
    if isinstance(exception, SessionInterrupted):  # after the page's own work
        sentence = _("You were signed out while this was sent. Sign in, and look whether it was saved before you repeat it.")
        return refused(request, 400, _("Signed out meanwhile"), sentence)
    sentence = _("Your browser sent something that can’t be read. Nothing was changed: open the page again and repeat it.")
    return refused(request, 400, _("That can’t be read"), sentence)


def too_large(request: HttpRequest) -> HttpResponse:
    sentence = _("What you sent is too large to be read. Nothing was saved: go back and send less at a time.")
    return refused(request, 413, _("That is too much"), sentence)


# --- what isn't there ----------------------------------------------------------------------------------------------------


def nothing_here(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler404`."""
    return refused(request, 404, _("Nothing here"), _("The address may be mistyped, or what it named is gone."))


def not_filtered(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What was typed isn't repeated: it may be somebody's name."""
    sentence = _("A list is filtered by what its page offers, and this address asks for something else.")
    return refused(request, 400, _("No such filter"), sentence, again=request.path, way=_("The whole list"))


def erased(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Whom an old page, or an old address, is about."""
    sentence = _("Who it was isn’t kept any more, and nothing can be done here. Past sessions are still in the diary, without a name.")
    return refused(request, 410, _("This patient was erased"), sentence)


def not_opened(request: HttpRequest, allowed: str) -> HttpResponse:
    sentence = _("This address only takes what a button on one of our pages sends. Nothing was changed: start from that page again.")
    return refused(request, 405, _("Not a page"), sentence, Allow=allowed)


# --- what went wrong -----------------------------------------------------------------------------------------------------


def too_slow(request: HttpRequest, exception: Exception) -> HttpResponse:
    advice = _("Nothing was changed. Try again in a minute; if it happens again, tell whoever runs Afterglow.")
    return refused(request, 503, _("That takes too long just now"), f"{exception} {advice}")


def failed(request: HttpRequest) -> HttpResponse:
    """`handler500`. Without a sign-in or anything else that may be what is broken."""
    sentence = _("Look whether what you entered was saved before you repeat it. If it happens again, tell whoever runs Afterglow.")
    if request.path_info.startswith(FOR_PROGRAMS):
        return _bare(sentence, 500)
    return HttpResponse(render_to_string("refused.html", {"title": _("Something went wrong"), "sentence": sentence}), status=500)


ANSWERS: dict[type[Exception], Callable[[HttpRequest, Exception], HttpResponse]] = {
    Http404: nothing_here,
    DisallowedModelAdminLookup: not_filtered,
    PatientErased: erased,
    TooSlow: too_slow,
}
