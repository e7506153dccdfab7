from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from clinic.signing_in.sessions import POLL, SessionStore


class RenewMiddleware:
    """Whoever asks for something is still here. What a page asks for by itself, every few seconds, says nothing of the kind."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        session, has_one = request.session, settings.SESSION_COOKIE_NAME in request.COOKIES
        if settings.IDLE_MINUTES and has_one and POLL not in request.headers and isinstance(session, SessionStore):
            session.renew()
        return answer
