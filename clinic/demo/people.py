"""The demo's patients whose stories are lived through."""

from datetime import date, datetime, timedelta
from random import Random

from django.contrib.auth.models import User

from aftercare.services import give_consent
from clinic.demo.names import ACTIVE_PRODUCTS, LINES, NAMES, NOTES, ascii_letters
from scheduling.models import Patient

AREA_CODES = (212, 718, 917, 646, 347, 201, 551, 732, 973, 908, 203, 475, 860, 516, 631, 914, 845, 607, 315, 585)

# Which of every sixty patients differ, and how; the first few are ordinary, because their messages are the first on the demo phone.
WITHOUT_CONSENT = (25, 41)
EMAIL_ONLY = (36,)
WITHOUT_EMAIL = (13,)
UNDER_22 = (17, 38, 52)
AT_RISK_OF_DARK_PATCHES = (9, 19, 27, 33, 45, 57)


def make_patients(number: int, random: Random, today: date) -> list[Patient]:
    """Unsaved, in the order of their stages."""
    taken: set[str] = set()
    return [_patient(index, random, today, taken) for index in range(number)]


def _patient(index: int, random: Random, today: date, taken: set[str]) -> Patient:
    odd = index % 60
    language = "es" if index % 7 == 5 else "en"
    first_name, last_name, email = _name(index, language, random, taken)
    years = (19, 21) if odd in UNDER_22 else (24, 66)
    return Patient(
        first_name=first_name,
        last_name=last_name,
        birth_date=today - timedelta(days=random.randint(round(years[0] * 365.25) + 1, round(years[1] * 365.25))),
        phone=f"+1{AREA_CODES[index % len(AREA_CODES)]}5550{LINES[index // len(AREA_CODES) % len(LINES)]}",
        email="" if odd in WITHOUT_EMAIL else email,
        language=language,
        wants_quiet_nights=index > 2 and index % 6 == 2,
        hyperpigmentation_risk=odd in AT_RISK_OF_DARK_PATCHES,  # F14
        active_products=random.choice(ACTIVE_PRODUCTS) if random.random() < 0.2 else "",  # F8
        notes=random.choice(NOTES) if random.random() < 0.15 else "",
    )


def _name(index: int, language: str, random: Random, taken: set[str]) -> tuple[str, str, str]:
    """Nobody shares a name as long as there are enough of them; nobody ever shares an address."""
    for _ in range(20):
        first, last = random.choice(NAMES[language]["first"]), random.choice(NAMES[language]["last"])
        mailbox = ascii_letters(f"{first}.{last}")
        if mailbox not in taken:
            break
    else:
        mailbox += str(index)
    taken.add(mailbox)
    return first, last, f"{mailbox}@example.org"


def ask_for_consent(patient: Patient, index: int, *, by: User, now: datetime) -> None:
    """At the first booking. Most say yes to everything; recalls are asked for on their own."""
    odd = index % 60
    if odd in WITHOUT_CONSENT:
        return
    for channel in ("sms", "email"):
        if (channel == "sms" and odd in EMAIL_ONLY) or (channel == "email" and not patient.email):
            continue
        give_consent(patient, "care", channel, source="front desk", by=by, now=now)
        if index % 4:
            give_consent(patient, "recall", channel, source="front desk", by=by, now=now)
