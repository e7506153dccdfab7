"""The archive's people. As in the rest of the demo no name, number or address is anybody's."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from aftercare.domain.consent import CURRENT, WORDINGS
from clinic.demo.names import ACTIVE_PRODUCTS, LINES, NAMES, NOTES, ascii_letters

if TYPE_CHECKING:
    from clinic.demo.archive.lives import World

# Of a hundred: what they agreed to, by purpose and channel. Recalls are asked for on their own.
CARE_SMS, CARE_EMAIL, RECALL_SMS, RECALL_EMAIL = ("care", "sms"), ("care", "email"), ("recall", "sms"), ("recall", "email")
AGREED = (
    (44, (CARE_SMS, RECALL_SMS)),
    (12, (CARE_SMS, CARE_EMAIL, RECALL_SMS, RECALL_EMAIL)),
    (10, (CARE_SMS, CARE_EMAIL, RECALL_EMAIL)),
    (20, (CARE_SMS,)),
    (6, (CARE_EMAIL, RECALL_EMAIL)),
    (8, ()),
)
WITHOUT_EMAIL, WITHOUT_PHONE = 0.07, 0.02
AGES = (22 * 365 + 6, 71 * 365)  # in days


class Person(NamedTuple):
    first_name: str
    last_name: str
    reached_by: str  # as Patient.reached_by
    fields: tuple[object, ...]
    consents: list[tuple[object, ...]]


def person(random: Random, index: int, world: "World", zone: str) -> Person:
    """Number `index` of the archive's patients. So few phones belong to nobody that many share one; an email is everybody's own."""
    language = "es" if random.random() < 0.14 else "en"
    names = NAMES[language]
    first, last = random.choice(names["first"]), random.choice(names["last"])
    if random.random() < 0.3:
        last = f"{last}-{random.choice(names['last'])}"
    codes = world.area_codes
    phone = f"+1{codes[index % len(codes)]}5550{LINES[index // len(codes) % len(LINES)]}"
    if random.random() < WITHOUT_PHONE:
        phone = ""
    email = "" if random.random() < WITHOUT_EMAIL else f"{ascii_letters(first)}.{ascii_letters(last)}.{index + 1}@example.org"
    born_on = world.now.date() - timedelta(days=random.randint(*AGES))
    agreed = random.choices([about for _, about in AGREED], [share for share, _ in AGREED])[0]
    addresses = {"sms": phone, "email": email}
    consents = list(_consents(agreed, addresses, world.front_desk))
    reached_by = ",".join(channel for channel in ("sms", "email") if ("recall", channel) in agreed and addresses[channel])
    return Person(
        first,
        last,
        reached_by,
        (
            first,
            last,
            born_on.isoformat(),
            phone,
            email,
            zone,
            language,
            random.random() < 0.15,
            random.random() < 0.1,  # F14
            random.choice(ACTIVE_PRODUCTS) if random.random() < 0.2 else "",  # F8
            random.choice(NOTES) if random.random() < 0.05 else "",
            reached_by,
        ),
        consents,
    )


def _consents(agreed: tuple[tuple[str, str], ...], addresses: dict[str, str], by: int) -> Iterator[tuple[object, ...]]:
    for purpose, channel in agreed:
        if addresses[channel]:
            yield purpose, channel, addresses[channel], True, CURRENT, _most_per_day(purpose, channel), "front desk", by


@cache
def _most_per_day(purpose: str, channel: str) -> int:
    return WORDINGS[CURRENT][purpose, channel].most_per_day
