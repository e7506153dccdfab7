"""Each request has an id, and leaves one line in the log: in place of gunicorn's, which would have whom somebody searched for in it."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from clinic.masking import path_of
from clinic.requests import begin_request

logger = logging.getLogger("clinic.request")

ASKED_ALL_THE_TIME = ("/healthz", "/readyz", "/metrics")


class RequestMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started_at = time.monotonic()
        work = begin_request(request)
        response = self.get_response(request)
        response["X-Request-ID"] = work.id
        if response.status_code >= 400 or not request.path.startswith((settings.STATIC_URL, *ASKED_ALL_THE_TIME)):
            said = {
                "method": request.method,
                "path": path_of(request),
                "status": response.status_code,
                "ms": round((time.monotonic() - started_at) * 1000),  # of a download, until its first byte
            }
            logger.info("%(method)s %(path)s %(status)s", said, extra={"fields": said})
        return response
