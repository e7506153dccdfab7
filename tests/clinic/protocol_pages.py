"""The protocols' pages, as their tests go to them, and the forms on them."""

from html import unescape
from typing import Any

from django.test import Client

from aftercare.models import Protocol, ProtocolStep

PROTOCOLS = "/admin/aftercare/protocol/"


def published() -> Protocol:
    return Protocol.objects.get(version=1, slug="microneedling")


def page(protocol: Protocol, what: str = "change") -> str:
    return f"{PROTOCOLS}{protocol.pk}/{what}/"


def step_page(row: ProtocolStep, what: str = "") -> str:
    return f"{PROTOCOLS}{row.protocol_id}/step/{row.pk}/{what}"


def step_of(protocol: Protocol, slug: str = "education-day-1") -> ProtocolStep:
    return protocol.steps.get(slug=slug)


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What the page would send if it was sent as it is."""
    answer = client.get(address)
    form = answer.context["form"]
    values = {field.html_name: field.field.prepare_value(field.value()) for field in form}
    return {name: value for name, value in values.items() if value is not None} | {"seen": answer.context.get("seen", "")}


def read(answer: Any) -> str:
    return unescape(answer.content.decode())
