"""What a change of consent or address did to what was planned, as the desk is told."""

from collections.abc import Iterator

from django.utils.translation import ngettext

from aftercare.models import CareMessage
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

BY = {"sms": "text", "email": "email"}


def queued(patient: Patient) -> set[int]:
    lines = CareMessage.objects.filter(patient=patient, message__status=MessageStatus.SCHEDULED.value)
    return set(lines.values_list("pk", flat=True))


def since(patient: Patient, before: set[int]) -> Iterator[str]:
    """`before` is what was queued then."""
    now = queued(patient)
    instead = CareMessage.objects.filter(pk__in=now - before, stands_in_for__in=before)
    for channel in BY:
        if count := instead.filter(channel=channel).count():
            said = ngettext("%(count)s planned one goes by %(way)s instead.", "%(count)s planned ones go by %(way)s instead.", count)
            yield said % {"count": count, "way": BY[channel]}
    if count := len(before - now) - instead.count():
        yield ngettext("%(count)s planned one doesn't go out.", "%(count)s planned ones don't go out.", count) % {"count": count}
    if count := len(now - before) - instead.count():
        yield ngettext("%(count)s planned one goes out.", "%(count)s planned ones go out.", count) % {"count": count}
