"""What is answered before anything of ours is asked."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from clinic.ops.views import healthz, metrics, readyz

ASKED_FROM_INSIDE = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class HealthMiddleware:
    """Who asks from inside knows an address and no name of ours, and has no HTTPS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = ASKED_FROM_INSIDE.get(request.path_info) if request.method in ("GET", "HEAD") else None
        return asked(request) if asked else self.get_response(request)
