"""Whose request it is, where proxies stand between: REMOTE_ADDR is the client's address for all that comes after this."""

import ipaddress
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

PORT = re.compile(r"^\[(?P<six>[^\]]+)\](?::\d+)?$|^(?P<four>[\d.]+):\d+$")
ONE_CUSTOMERS = 64  # bits: whoever has one IPv6 address has a network of them


class ClientAddressMiddleware:
    """The first of all. Nobody after it sees X-Forwarded-For, and so nobody reads it by another rule."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        request.META["REMOTE_ADDR"] = client_address(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES)
        return self.get_response(request)


def client_address(peer: str, forwarded: str, proxies: int) -> str:
    """The address that connected to the outermost of so many proxies of ours; `peer` is who connected to us.

    Each proxy adds, at the right, who connected to it: what stands further left than our proxies wrote is whatever somebody claims.
    """
    written = forwarded.split(",")
    if not proxies or len(written) < proxies:  # nobody in between, or somebody who went around one of them
        return peer
    return _address(written[-proxies]) or peer


def network_of(address: str) -> str:
    """What is limited together: an IPv4 address, or an IPv6 customer's network."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, ONE_CUSTOMERS), strict=False))


def _address(written: str) -> str:
    """In one spelling, without a port; "" if it is none, such as "unknown"."""
    bare = written.strip()
    if with_port := PORT.match(bare):
        bare = with_port["six"] or with_port["four"]
    try:
        parsed = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
