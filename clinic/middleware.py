"""What is answered before anything of ours is asked."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from clinic.views import healthz


class HealthMiddleware:
    """Who asks from inside knows an address and no name of ours, and has no HTTPS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_asked = request.path_info == "/healthz" and request.method in ("GET", "HEAD")
        return healthz(request) if is_asked else self.get_response(request)
