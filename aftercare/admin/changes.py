"""What a change of consent, address, language, clock or nights did to what was planned, as the desk is told."""

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import ngettext

from aftercare.models import CareMessage
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

BY = {"sms": "text", "email": "email"}


def queued(patient: Patient) -> set[int]:
    lines = CareMessage.objects.filter(patient=patient, message__status=MessageStatus.SCHEDULED.value)
    return set(lines.values_list("pk", flat=True))


def since(patient: Patient, before: set[int], *, reach_changed: bool) -> Iterator[str]:
    """`before` is what was queued then. Where how to reach her is as it was, only words and times can have changed.

    Several changes at once plan a message anew several times: what counts is where it began, and where it is now.
    """
    new = queued(patient) - before
    if not reach_changed:
        if new:
            yield ngettext("%(count)s planned message follows.", "%(count)s planned messages follow.", len(new)) % {"count": len(new)}
        return
    of_hers = CareMessage.objects.filter(patient=patient).values_list("pk", "stands_in_for", "channel")
    lines = {pk: (original, channel) for pk, original, channel in of_hers}
    began = {pk: _beginning(pk, lines, before) for pk in new}
    instead = Counter(lines[pk][1] for pk, first in began.items() if first and lines[first][1] != lines[pk][1])
    for channel in BY:
        if count := instead[channel]:
            said = ngettext("%(count)s planned one goes by %(way)s instead.", "%(count)s planned ones go by %(way)s instead.", count)
            yield said % {"count": count, "way": BY[channel]}
    if count := len(before - queued(patient) - {first for first in began.values() if first}):
        yield ngettext("%(count)s planned one doesn't go out.", "%(count)s planned ones don't go out.", count) % {"count": count}
    if count := sum(first is None for first in began.values()):
        yield ngettext("%(count)s planned one goes out.", "%(count)s planned ones go out.", count) % {"count": count}


def _beginning(line: int, lines: dict[int, tuple[int | None, str]], before: set[int]) -> int | None:
    """That of those `before` in whose place this one stands, however often it was told again meanwhile."""
    at: int | None = line
    while at is not None and at not in before:
        at = lines[at][0] if at in lines else None
    return at
