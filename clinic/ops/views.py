"""What is asked from inside, by a proxy or by Prometheus. Names and numbers are for whoever has the token."""

from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from clinic.ops.readiness import OK, is_ready, readiness


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """That this process answers, and nothing else: one that is started again for PostgreSQL's sake helps nobody."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 where a page couldn't be answered. Without Redis, beat or workers it is ready, and degraded."""
    checks = readiness()
    ready = is_ready(checks)
    said: dict[str, Any] = {"state": "ready" if ready else "not ready"}
    if _has_token(request):
        if ready and any(check.state != OK for check in checks):
            said["state"] = "degraded"
        said["checks"] = [check._asdict() for check in checks]
    return JsonResponse(said, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus. Without METRICS_TOKEN there is no such page."""
    if not settings.METRICS_TOKEN:
        return HttpResponseNotFound("Set METRICS_TOKEN to have metrics here.\n", content_type="text/plain")
    if not _has_token(request):
        refused = HttpResponse("Authorization: Bearer, with METRICS_TOKEN.\n", content_type="text/plain", status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    from clinic.ops.metrics import CONTENT_TYPE, exposition  # 9 MB, for nothing where nobody asks

    try:
        return HttpResponse(exposition(), content_type=CONTENT_TYPE)
    except Error:
        return HttpResponse("PostgreSQL doesn't answer.\n", content_type="text/plain", status=503)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(settings.METRICS_TOKEN) and constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}")
