"""Parts of a page that look again by themselves, every few seconds, and are replaced only where they read differently.

So what is selected or focused stays, and a screen reader isn't told the same twice.
"""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.safestring import SafeString


def part(request: HttpRequest, name: str, template: str, context: dict[str, Any]) -> SafeString:
    """The part called `name`, which asks for itself at the context's `path`, with what it `asks`.

    What is in it must not differ each time that it is drawn, as a form's token does.
    """
    inside = render_to_string(template, context, request)
    asked = {key: str(value).replace("\0", "") for key, value in request.GET.items() if key not in ("seen", "part", "newest")}
    wanted = {**asked, **context.get("asks", {}), "part": name, "seen": _mark(inside, context)}
    again = f"{context['path']}?{urlencode(wanted)}"
    return render_to_string("aftercare/_part.html", {"name": name, "again": again, "inside": inside})


def again(request: HttpRequest, name: str, template: str, context: dict[str, Any], said: str = "") -> HttpResponse:
    """204, which htmx leaves alone, where it reads as it did. `said` is read out; what stands `beside` the part is replaced with it."""
    inside = render_to_string(template, context, request)
    if not said and request.GET.get("seen") == _mark(inside, context):
        return HttpResponse(status=204)
    aloud = render_to_string("aftercare/_said.html", {"said": said}) if said else ""
    beside = "".join(render_to_string(one, {**context, "is_beside": True}, request) for one in context.get("beside", ()))
    return HttpResponse(part(request, name, template, context) + beside + aloud)


def is_asked_for(request: HttpRequest, name: str) -> bool:
    return bool(getattr(request, "htmx", False)) and request.GET.get("part") == name


def _mark(inside: str, context: dict[str, Any]) -> str:
    beside = "".join(render_to_string(one, context) for one in context.get("beside", ()))
    return sha256(f"{inside}{beside}".encode()).hexdigest()[:16]
