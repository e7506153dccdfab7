"""Which addresses were hers alone, and what came from them. A family may share one: what is the others' too stays theirs."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from aftercare.models import CareMessage, Concern, Consent
from aftercare.services.telling.consent import address_of, patients_at
from notifications.models import Message, Reply
from scheduling.models import Patient

CHANNELS = ("sms", "email")


@dataclass(frozen=True, slots=True)
class Hers:
    """`addresses` by channel, old ones too. `replies` are hers alone, and from numbers that nobody had, before she had one of them;
    `shared` have come from others, too. `concerns` are those from such a number."""

    addresses: dict[str, list[str]]
    replies: list[int]
    shared: list[int]
    concerns: list[int]


def hers(patient: Patient) -> Hers:
    own = {channel: _alone(patient, channel) for channel in CHANNELS}
    came = Reply.objects.filter(caremessage__patient=patient)
    others = CareMessage.objects.exclude(patient=patient).filter(patient__isnull=False, patient__erased_at=None)
    shared = list(came.filter(pk__in=others.filter(reply__in=came).values("reply")).values_list("pk", flat=True))
    from_there = Q(pk=None)
    for channel, addresses in own.items():
        from_there |= Q(channel=channel, address__in=addresses)
    nobodys = Reply.objects.filter(from_there, caremessage__patient=None).values_list("pk", flat=True)
    alone = [*came.exclude(pk__in=shared).values_list("pk", flat=True), *nobodys]
    return Hers(own, alone, shared, list(concerns_from(nobodys).values_list("pk", flat=True)))


def concerns_from(replies: "QuerySet[Reply, int]") -> QuerySet[Concern]:
    """Those that no patient has."""
    return Concern.objects.filter(patient=None, lines__reply__in=replies).distinct()


def every_address(patient: Patient, channel: str) -> set[str]:
    """Where she is reached, and where she once was."""
    consented = Consent.objects.filter(patient=patient, channel=channel).values_list("address", flat=True)
    written_to = Message.objects.filter(caremessage__patient=patient, channel=channel).values_list("address", flat=True)
    return {address_of(patient, channel), *consented.distinct(), *written_to.distinct()} - {""}


def _alone(patient: Patient, channel: str) -> list[str]:
    addresses = every_address(patient, channel)
    return sorted(address for address in addresses if not patients_at(channel, address).exclude(pk=patient.pk).exists())
