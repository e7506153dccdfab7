"""The words of a recall; and of many, before they are sent, and what they cost."""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings

from aftercare.domain.consent import Purpose
from aftercare.services.recalls.wanting import Alike, Wanted
from aftercare.services.telling.ending import link_to_end
from aftercare.services.telling.tellings import values_of
from aftercare.wording import RECALLS, Letter, how_to_stop, render
from notifications.domain.segments import segments
from scheduling.domain.cadence import RecallKind
from scheduling.models import Location, Patient


def words_of(kind: RecallKind, patient: Patient, location: Location) -> Letter:
    values = values_of(location, patient.language) | {"end_emails": link_to_end(patient, Purpose.RECALL)}
    return render(RECALLS[kind].text, patient.language, values, frame="booking")


@dataclass(frozen=True, slots=True)
class Shown:
    """What `number` of them are told: a text as the first one, which says how to stop. `segments` is of all of them together."""

    alike: Alike
    number: int
    subject: str
    body: str
    segments: int

    @property
    def cost(self) -> Decimal:
        """About, in US dollars."""
        return cost_of(self.segments)


def words_for(wanted: Wanted) -> list[Shown]:
    """One of each channel, kind and language, most first, in the words of the place that has the most of them."""
    places = Location.objects.in_bulk({alike.location_id for alike in wanted.told})
    groups: dict[tuple[str, RecallKind, str], list[Shown]] = defaultdict(list)
    for alike, number in wanted.told.most_common():
        groups[alike.way, alike.kind, alike.language].append(_shown(alike, places[alike.location_id], number))
    together = [
        replace(group[0], number=sum(one.number for one in group), segments=sum(one.segments for one in group)) for group in groups.values()
    ]
    return sorted(together, key=lambda shown: -shown.number)


def cost_of(number: int) -> Decimal:
    """Of that many segments, in US dollars."""
    return number * settings.SMS_SEGMENT_PRICE


def _shown(alike: Alike, location: Location, number: int) -> Shown:
    letter = words_of(alike.kind, Patient(language=alike.language), location)
    words = letter.over(alike.way, f" {how_to_stop(alike.language)}")
    each = segments(words["body"]).number if alike.way == "sms" else 0
    return Shown(alike, number, words["subject"], words["body"], each * number)
