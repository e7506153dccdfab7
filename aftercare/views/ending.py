"""The page behind the link in an email that ends emails like it. The link is the key: there is no sign-in, and no session is read."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from aftercare import services, wording


@csrf_exempt  # a mail program's button posts without ever having seen the page (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def end_emails_page(request: HttpRequest, token: str) -> HttpResponse:
    """Looking at it changes nothing: mail programs follow links ahead of their readers. A POST ends them, and is answered with the page:
    a mail program's button follows no redirect."""
    ending, now = services.ending_of(token), timezone.now()
    if ending is None:
        languages = [wording.unknown_link(language) for language, _name in settings.PATIENT_LANGUAGES]
        return _page(request, languages, status=404)
    if request.method == "POST":
        services.end_emails(ending, now=now)
    patient, language = ending.patient, ending.patient.language
    values = services.values_of(services.location_of(patient, now), language)
    page = wording.ended if ending.is_done else wording.asking_to_end
    texts_go_on = "sms" in services.reachable_by(patient, ending.purpose)
    return _page(request, [page(ending.purpose, language, values, texts_go_on=texts_go_on)], values)


def _page(request: HttpRequest, pages: list[wording.EndingPage], values: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    return render(request, "aftercare/end_emails.html", {"pages": pages, **(values or {})}, status=status)
