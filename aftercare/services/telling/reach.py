"""By which channels a recall can go to her: the report asks it of everybody at once, so scheduling keeps it, told of each change."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from django.db import transaction

from aftercare.domain.consent import Purpose
from aftercare.models import Consent
from aftercare.services.telling.consent import address_of
from notifications.models import Suppression, address_hash
from scheduling import services as scheduling
from scheduling.domain.lots import AT_ONCE, in_lots
from scheduling.models import Patient

ORDER = ("sms", "email")


def reach_of(patients: Sequence[Patient]) -> dict[int, str]:
    """Patient's number → "", "sms", "email" or "sms,email": who agreed to recalls, at the address that she has now, that hasn't said stop.

    As `reaching` says it of one; two queries, however many they are.
    """
    of = {patient.pk: patient for patient in patients}
    words = Consent.objects.filter(patient__in=of, purpose=Purpose.RECALL.value)
    latest = words.order_by("patient_id", "channel", "-given_at", "-pk").distinct("patient_id", "channel")
    agreed = {
        (patient, channel): address_hash(address)
        for patient, channel, address, is_granted in latest.values_list("patient_id", "channel", "address", "is_granted")
        if is_granted and address and address == address_of(of[patient], channel)
    }
    said_stop = set(Suppression.objects.filter(address_hash__in=set(agreed.values())).values_list("channel", "address_hash"))
    reaching = {about for about, hashed in agreed.items() if (about[1], hashed) not in said_stop}
    return {pk: ",".join(channel for channel in ORDER if (pk, channel) in reaching) for pk in of}


def renew_reach(patients: Iterable[Patient]) -> None:
    """In the transaction that changed what they agreed to, or where they are reached."""
    scheduling.note_reach(reach_of(list(patients)))


def renew_reach_at(stopped: Collection[tuple[str, str]]) -> None:
    """Of everybody at one of these (channel, hash of an address), which have said stop without `opt_out` being told. Each lot is a
    transaction of its own."""
    for lot in in_lots(Patient.objects.exclude(reached_by="").order_by("pk").iterator(chunk_size=AT_ONCE)):
        renew_reach(
            patient
            for patient in lot
            if any((channel, address_hash(address_of(patient, channel))) in stopped for channel in patient.reached_by.split(","))
        )


def work_out_anew(patients: Iterable[int]) -> None:
    """How these are reached, when they are due again and where they stand: for what was written past the services. Each lot is a
    transaction of its own."""
    for lot in in_lots(patients):
        with transaction.atomic():
            renew_reach(Patient.objects.select_for_update(no_key=True).filter(pk__in=lot).order_by("pk"))
            scheduling.refresh(lot)


def all_differences() -> Iterator[scheduling.Difference]:
    """Where what is stored of anybody's recalls isn't what follows from the appointments, or how they reach her. Nothing is changed."""
    yield from scheduling.differences()
    yield from _unnoted_reach()


def _unnoted_reach() -> Iterator[scheduling.Difference]:
    for lot in in_lots(Patient.objects.order_by("pk").iterator(chunk_size=AT_ONCE)):
        is_now = reach_of(lot)
        for patient in lot:
            if is_now[patient.pk] != patient.reached_by:
                said = f"recalls reach her by “{patient.reached_by}”, should be “{is_now[patient.pk]}”"
                yield scheduling.Difference(patient.pk, said)
