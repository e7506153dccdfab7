"""How long the texts of a plan get with a product's name in them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from aftercare.domain.expansion import Planned
from aftercare.domain.protocol import Kind, Step
from aftercare.models import Protocol
from aftercare.services.telling.tellings import values_of
from aftercare.wording import how_to_stop, letter
from notifications.domain.quiet import QuietHours, at_wall_clock
from notifications.domain.segments import fitted, segments
from scheduling.models import Location, Product

A_NIGHT_HOLDS = 4  # doses, three hours apart, in quiet hours of eleven


def dearest_text(product: Product, language: str) -> str:
    """Of all that patients may be sent with this product, in any location and as the first text of all; "" where there is none."""
    texts = [
        fitted(f"{letter(planned, language, location.zone, values_of(location, language, product)).sms} {how_to_stop(language)}")
        for location in Location.objects.all()
        for protocol in Protocol.objects.in_use()
        for step in protocol.as_domain().steps
        for planned in _longest(step, location)
    ]
    return max(texts, key=lambda text: (segments(text).number, len(text)), default="")


def _longest(step: Step, location: Location) -> Iterator[Planned]:
    at = timezone.now()
    yield Planned(step, step.times, step.times, at, at)
    if step.kind is Kind.DOSE and step.channel == "sms":
        quiet = QuietHours(*settings.QUIET_HOURS)
        starts_at: datetime = at_wall_clock(at.date(), quiet.starts, location.zone)
        night = tuple(starts_at + timedelta(hours=1 + 3 * dose) for dose in range(A_NIGHT_HOLDS))
        yield Planned(step, 1, step.times, at, at, folded=night, then=night[-1] + timedelta(hours=3))
