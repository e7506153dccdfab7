"""Whose request it is, whatever somebody writes into its headers."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from clinic.addresses import ClientAddressMiddleware, client_address, network_of

PROXY, ANA, MALLORY = "10.0.0.2", "198.51.100.7", "203.0.113.66"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", PROXY),
        (0, ANA, PROXY),  # nobody of ours has written it
        (1, ANA, ANA),
        (1, f"{MALLORY}, {ANA}", ANA),
        (1, f"{MALLORY},{MALLORY},,{ANA}", ANA),
        (1, "", PROXY),  # it came from inside
        (2, f"{ANA}, 10.0.0.9", ANA),
        (2, f"{MALLORY}, {ANA}, 10.0.0.9", ANA),
        (2, MALLORY, PROXY),  # past the outer proxy
        (1, f"{ANA}:51234", ANA),
        (1, "[2001:DB8::7]:443", "2001:db8::7"),
        (1, "2001:0db8:0::7", "2001:db8::7"),
        (1, "::ffff:198.51.100.7", ANA),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "unknown", PROXY),
        (1, f"{ANA}, <script>", PROXY),
        (1, "1" * 10_000, PROXY),
        (1, ",", PROXY),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(proxies, forwarded, address):
    assert client_address(PROXY, forwarded, proxies) == address


def test_control_counted_from_the_left_anybody_is_whoever_they_say():
    assert f"{MALLORY}, {ANA}".split(",")[0] == MALLORY
    assert client_address(PROXY, f"{MALLORY}, {ANA}", 1) == ANA


def test_for_all_that_comes_after_remote_addr_is_the_client_and_the_header_is_gone(settings):
    settings.TRUSTED_PROXIES = 1
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    ClientAddressMiddleware(view)(RequestFactory(REMOTE_ADDR=PROXY).get("/", headers={"X-Forwarded-For": f"{MALLORY}, {ANA}"}))

    assert seen[0].META["REMOTE_ADDR"] == ANA
    assert "X-Forwarded-For" not in seen[0].headers


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:0:1::7", "2001:db8:0:1:ffff::8", True),
        ("2001:db8:0:1::7", "2001:db8:0:2::7", False),
        (ANA, MALLORY, False),
        ("", "", True),
    ],
)
def test_one_customers_addresses_are_limited_together(one, other, together):
    assert (network_of(one) == network_of(other)) is together
