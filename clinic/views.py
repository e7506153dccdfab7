from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """That this process answers, and nothing else: one that is started again for PostgreSQL's sake helps nobody."""
    return HttpResponse("ok\n", content_type="text/plain")
