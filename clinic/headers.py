"""What every answer says to browsers, besides Django's own and the Content-Security-Policy."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

# Nothing of it is used here, so nothing that gets into a page can.
NOT_USED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
ALWAYS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in NOT_USED),
    "Cross-Origin-Resource-Policy": "same-origin",
    # What is public says so itself, as static files do; a page, and an error about one, is kept nowhere.
    "Cache-Control": "no-store",
    # Django's own, which it leaves away where it refuses by itself: without HTTPS a host of another name.
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
    "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
}
# The address is the key: no other site hears of it, and no search engine lists it.
KEYED = ("/calendar/", "/emails/")
OF_KEYED = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        for name, value in ALWAYS.items():
            answer.setdefault(name, value)
        if request.path_info.startswith(KEYED):
            for name, value in OF_KEYED.items():
                answer[name] = value
        return answer
