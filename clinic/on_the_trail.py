"""Each request on the trail: whose its writes are, and what of a patient its page showed."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from clinic.services.acting import Actor, acting_as
from clinic.shown import note_what_is_shown

METHODS = ("GET", "HEAD", "POST")


class TrailMiddleware:
    """What reads writes nothing, and so nobody is told who reads. A page that can't be written down isn't shown: the error goes on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with ExitStack() as request.acting:  # type: ignore[attr-defined]
            response = self.get_response(request)
        note_what_is_shown(request, response)
        return response

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponse | None:
        if request.method not in METHODS:  # Django's admin would answer with the page, as if it were asked for by GET
            return HttpResponseNotAllowed(METHODS)
        if request.method == "POST":
            request.acting.enter_context(acting_as(_actor(request)))  # type: ignore[attr-defined]
        return None


def _actor(request: HttpRequest) -> Actor:
    """Whoever isn't signed in has the page's name: its address may hold a key. So has a patient's link, whoever is signed in beside her."""
    user, match = request.user, request.resolver_match
    if user.is_authenticated and match and match.namespace == "admin":
        return Actor(user.get_username(), user.pk)
    return Actor(f"page {match.view_name if match else ''}")
