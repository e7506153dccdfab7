"""A form whose token doesn't fit. Mostly it isn't forged: somebody has signed in again, in another window, while she typed in this one."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_NO_CSRF_COOKIE
from django.shortcuts import render
from django.utils.translation import gettext as _

# What is typed there is neither shown nor sent once more.
FOR_SECRETS = ("/admin/login/", "/admin/password_change/", "/admin/second-factor/")
FORMS_OWN = re.compile(r"^_|_FORMS$")  # buttons, and how many rows there are
MOST_SHOWN = 50


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`CSRF_FAILURE_VIEW`."""
    context: dict[str, Any] = {"title": _("Not saved yet"), "sentence": _why(request, reason)}
    if _may_be_sent_again(request):
        sent = [(name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values]
        typed = [(_spelt(name), value) for name, value in sent if value.strip() and not FORMS_OWN.search(name)]
        context |= {"sent": sent, "shown": typed[:MOST_SHOWN]}
    return render(request, "forged.html", context, status=403)


def _why(request: HttpRequest, reason: str) -> str:
    if not _is_ours(request):
        return _("This didn’t come from one of our pages, so nothing was changed. Open the page here, and repeat it.")
    if reason == REASON_NO_CSRF_COOKIE:
        return _("Your browser keeps no cookie of ours, so nothing was saved. Allow cookies for this address, and repeat it.")
    return _("Somebody signed in or out in this browser after you opened the page, so nothing was saved.")


def _is_ours(request: HttpRequest) -> bool:
    """As the browser itself says, whatever the page that sent it would have it say."""
    return request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"


def _may_be_sent_again(request: HttpRequest) -> bool:
    """By one press. Not what another site would have her send."""
    is_secret = request.path_info.startswith(FOR_SECRETS) or any("password" in name for name in request.POST)
    return _is_ours(request) and request.user.is_authenticated and not is_secret and not request.FILES


def _spelt(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip().capitalize()
