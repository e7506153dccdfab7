"""A protocol is checked with everything that it may have to name: every location, every product in use, every treatment."""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from aftercare.domain.checking import Problem, Surroundings, problems_in
from aftercare.domain.consent import CURRENT, WORDINGS
from aftercare.domain.expansion import Planned
from aftercare.models import Protocol
from aftercare.services.telling.tellings import values_of
from aftercare.wording import how_to_stop, letter
from notifications.domain.quiet import QuietHours
from scheduling.models import Location, Product, Treatment

SHORTEST_PART = 4  # letters of a treatment's name


def problems_of(protocol: Protocol) -> list[Problem]:
    """What must be mended before it is published; what is about the whole comes first."""
    return [*_left_without(protocol), *problems_in(protocol.as_domain(), surroundings())]


def surroundings() -> Surroundings:
    languages = dict(settings.PATIENT_LANGUAGES)
    locations = list(Location.objects.all())
    products: list[Product | None] = [None, *Product.objects.filter(is_active=True)]
    return Surroundings(
        languages=languages,
        values={
            language: [values_of(location, language, product) for location in locations for product in products] for language in languages
        },
        how_to_stop={language: how_to_stop(language) for language in languages},
        night=_night(locations),
        treatments=[part for name in Treatment.objects.values_list("name", flat=True) for part in (name, *_parts(name))],
        most_per_day=min(wording.most_per_day for (purpose, _channel), wording in WORDINGS[CURRENT].items() if purpose == "care"),
        quiet=QuietHours(*settings.QUIET_HOURS),
    )


def _night(locations: Sequence[Location]) -> Callable[[Planned, str, Mapping[str, str]], str]:
    zone = locations[0].zone if locations else ZoneInfo(settings.TIME_ZONE)

    def night(planned: Planned, language: str, values: Mapping[str, str]) -> str:
        return letter(planned, language, zone, dict(values)).sms

    return night


def _parts(name: str) -> list[str]:
    """“Microneedling, face”: each of the two gives it away. Not what is too short to mean it, such as a number."""
    parts = (part.strip() for part in name.replace("(", ",").replace(")", ",").split(","))
    return [part for part in parts if len(part) >= SHORTEST_PART]


def _left_without(protocol: Protocol) -> list[Problem]:
    """A protocol for every treatment that is narrowed down to some leaves the others without any."""
    others = Protocol.objects.in_use().exclude(slug=protocol.slug)
    if not protocol.treatments.exists() or others.filter(treatments=None).exists():
        return []
    sentence = "The other treatments would have no protocol: choose none here, or publish another one for every treatment first."
    return [Problem("", "", sentence)]
