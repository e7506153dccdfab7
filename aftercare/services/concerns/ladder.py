"""Whose turn it is: of those who are on call and can be reached, whoever was told least often."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aftercare.models import Concern, ConcernEvent, OnCallContact
from notifications.models import Suppression, address_hash
from scheduling.models import Location

MOST_TIMES = 2  # through the ladder, and once more

What = ConcernEvent.What
# With each of these the ladder begins anew.
BEGINNINGS = (What.RAISED, What.WORSENED, What.ACKNOWLEDGED, What.NOBODY)
THE_WHOLE_LADDER = (What.RAISED, What.WORSENED, What.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Rung:
    """Somebody on call, and where they are reached: channel → address, a text before an email. What said stop isn't among them."""

    contact: OnCallContact
    ways: Mapping[str, str]


def rungs_at(location: Location) -> list[Rung]:
    return rungs_of([location])[location.pk]


def rungs_of(locations: Iterable[Location]) -> dict[int, list[Rung]]:
    """Location's number → who can be told there, in their turn. Who has no location is on call for all. In three queries."""
    contacts = list(OnCallContact.objects.filter(is_active=True).order_by("position", "pk").prefetch_related("locations"))
    addresses = {contact.pk: _addresses(contact) for contact in contacts}
    hashes = {(channel, address_hash(address)) for ways in addresses.values() for channel, address in ways.items()}
    about = Suppression.objects.filter(address_hash__in=[each for _, each in hashes])
    stopped = hashes.intersection(about.values_list("channel", "address_hash"))
    found: dict[int, list[Rung]] = {location.pk: [] for location in locations}
    for contact in contacts:
        ways = {channel: address for channel, address in addresses[contact.pk].items() if (channel, address_hash(address)) not in stopped}
        theirs = {location.pk for location in contact.locations.all()} or set(found)
        for pk in theirs.intersection(found) if ways else ():
            found[pk].append(Rung(contact, ways))
    return found


def next_rung(concern: Concern, rungs: Sequence[Rung]) -> Rung | None:
    """Whoever was told least often, in their turn. None where each of them was told through the ladder, and once more."""
    told = told_of(concern)
    left = [rung for rung in rungs if told[rung.contact.pk] < MOST_TIMES]
    ever = told or told_of(concern, THE_WHOLE_LADDER)  # a newcomer first

    def turn(rung: Rung) -> tuple[int, int, int, int]:
        contact = rung.contact
        return min(ever[contact.pk], MOST_TIMES), told[contact.pk], contact.position, contact.pk

    return min(left, key=turn, default=None)


def has_newcomer(concern: Concern) -> bool:
    """Whether somebody is on call who wasn't told through the ladder yet: added, or on call again, since nobody was left."""
    told = told_of(concern, THE_WHOLE_LADDER)
    return any(told[rung.contact.pk] < MOST_TIMES for rung in rungs_at(concern.location))


def told_of(concern: Concern, beginnings: Container[str] = BEGINNINGS) -> Counter[int | None]:
    """How often each was told since the ladder began."""
    told: Counter[int | None] = Counter()
    for event in sorted(concern.events.all(), key=lambda event: event.pk):
        if event.what in beginnings:
            told.clear()
        elif event.what == What.TOLD:
            told[event.contact_id] += 1
    return told


def _addresses(contact: OnCallContact) -> dict[str, str]:
    number = str(contact.phone.as_e164) if contact.phone else ""
    return {channel: address for channel, address in (("sms", number), ("email", contact.email)) if address}
