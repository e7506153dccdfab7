"""Where somebody came from, as far as it is one of our own pages."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_of(request: HttpRequest) -> str:
    """The path that the form or the address names as `next`; "" where it leads to another site, or names none.

    From the root: a bare word would be looked up as a view's name, and “//” alone leads nowhere.
    """
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    return wanted if is_path and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""
