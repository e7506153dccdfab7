"""What worried the demo's patients: who is on call, one concern that somebody must see to now, and one that is over.

One that can wait is among the replies (clinic/demo/correspondence.py).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from aftercare.models import CareMessage, Concern, OnCallContact
from aftercare.services import acknowledge, answer, mark_read, open_concern_of, resolve
from aftercare.services.telling.consent import address_of
from clinic.demo.settling import mark_all_sent
from clinic.demo.stages import Stage
from notifications.services import take_reply
from scheduling.models import Patient

MINUTE = timedelta(minutes=1)

# name, sign-in, phone, email
ON_CALL = (
    ("Maya Lindqvist, NP", "clinician", "+12125550171", "maya@example.org"),
    ("Theo Nakamura, RN", "", "+12125550172", "theo@example.org"),
    ("Jordan Abara", "manager", "+12125550173", "jordan@example.org"),
)


def put_on_call(signins: Mapping[str, User]) -> None:
    OnCallContact.objects.bulk_create(
        OnCallContact(name=name, user=signins.get(username), phone=phone, email=email, position=turn)
        for turn, (name, username, phone, email) in enumerate(ON_CALL, start=1)
    )


def worry(firsts: Mapping[Stage, Patient], signins: Mapping[str, User], *, now: datetime) -> None:
    """By the rules and the services themselves, at their times. Before the rest of the past is marked as sent."""
    if Stage.HEALING in firsts:
        _an_old_one(firsts[Stage.HEALING], signins["clinician"], now - timedelta(days=5, hours=2))
    if Stage.JUST_TREATED in firsts:
        _write(firsts[Stage.JUST_TREATED], "Thank you for today! All went well", now - 9 * MINUTE)
        mark_read(_unread(firsts[Stage.JUST_TREATED]), by=signins["frontdesk"], now=now - 8 * MINUTE)
        _write(firsts[Stage.JUST_TREATED], "Hm, my left cheek is still bleeding and it won't stop", now - 4 * MINUTE)


def _an_old_one(patient: Patient, clinician: User, began_at: datetime) -> None:
    _write(patient, "There are dark patches on my cheek that weren't there before", began_at)
    concern = open_concern_of(patient)
    if concern is None:
        return
    acknowledge(concern, by=clinician, now=began_at + 6 * MINUTE)
    _answer(patient, f"Hi {patient.first_name}, Maya here. Were you in the sun this week?", concern, clinician, began_at + 8 * MINUTE)
    _write(patient, "A little, on Sunday at my son's match. No hat, I forgot", began_at + 15 * MINUTE)
    _answer(
        patient, "Please keep out of the sun and use SPF 50. Can you come by at 4 PM? I would like to see it.", concern, clinician,
        began_at + 19 * MINUTE,
    )  # fmt: skip
    _write(patient, "Yes, see you at 4", began_at + 24 * MINUTE)
    note = "Seen at 4 PM: two faint patches on the left cheek, photographed. Sun protection explained; we look again at the next session."
    resolve(concern, note=note, by=clinician, now=began_at + 5 * 60 * MINUTE)


def _write(patient: Patient, text: str, at: datetime) -> None:
    mark_all_sent(patient, until=at)
    # The service insists on a transaction of its own, and the whole demo is made in one.
    take_reply("sms", address_of(patient, "sms"), text, provider_id=f"demo-worry-{patient.pk}-{at.timestamp():.0f}", now=at)


def _answer(patient: Patient, words: str, concern: Concern, by: User, at: datetime) -> None:
    mark_all_sent(patient, until=at)
    answer(patient, words, by=by, concern=concern, now=at)


def _unread(patient: Patient) -> list[CareMessage]:
    return list(CareMessage.objects.to_read().filter(patient=patient))
