"""What our pages answer in place of an error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from clinic.views import healthz
from scheduling.errors import TooSlow


class HealthMiddleware:
    """The first of all: who asks from inside knows an address and no name of ours, and has no HTTPS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_asked = request.path_info == "/healthz" and request.method in ("GET", "HEAD")
        return healthz(request) if is_asked else self.get_response(request)


class TooSlowMiddleware:
    """A page whose report was ended says so, in a sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render(request, "503.html", {"sentence": str(exception)}, status=503) if isinstance(exception, TooSlow) else None
