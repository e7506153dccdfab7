"""What our pages answer in place of an error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from scheduling.errors import TooSlow


class TooSlowMiddleware:
    """A page whose report was ended says so, in a sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render(request, "503.html", {"sentence": str(exception)}, status=503) if isinstance(exception, TooSlow) else None
