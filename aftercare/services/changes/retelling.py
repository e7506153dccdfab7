"""What can't go out as it was planned: told again another way, once, where it is still of use."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from aftercare.domain.consent import Purpose, kinds_of
from aftercare.domain.reasons import NO_CONSENT_FOR_EMAILS, NO_EMAIL_ADDRESS, UNREACHABLE
from aftercare.models import CareMessage
from aftercare.services.changes.lines import by_owner, queued, tellings_of, undelivered, with_owners
from aftercare.services.telling.consent import hold_alone, reachable_by, why_unreachable
from aftercare.services.telling.guarding import unless_it_fails
from aftercare.services.telling.taking_back import take_back
from aftercare.services.telling.tellings import FALLBACK, Telling, tell
from notifications.domain.states import MessageStatus
from scheduling.models import Patient

BY_EMAIL = "by email: the text couldn't be delivered"


@transaction.atomic
def tell_otherwise(*, reason: str, now: datetime, also: Sequence[MessageStatus] = (), **about: Any) -> None:
    """Take back the lines that match `about`, and tell what they said over a channel that is still open. Where none is, the ledger says so.

    What is being sent just now isn't tried again, and isn't told otherwise: it may be there already.
    """
    lines = queued(also=also, **about)
    take_back(reason=reason, **about)
    for patient, of_patient in groupby(sorted(lines, key=lambda line: line.patient_id), key=lambda line: line.patient):
        again = list(_tellings_again(of_patient, now))
        if not again:
            continue
        if reachable_by(patient, Purpose.CARE):
            _tell_again(patient, again, now)
        else:
            _say(again, why_unreachable(patient))


@transaction.atomic
def tell_after_all(patient: Patient, *, reason: str, now: datetime) -> None:
    """She agreed, or agreed again: what is still to come, and wasn't planned for want of that, goes out; what was to go another way
    for want of that goes the way that it was meant to."""
    hold_alone(patient.pk)  # one at a time: each line is told again once
    for channel in reachable_by(patient, Purpose.CARE):
        tell_otherwise(reason=reason, now=now, patient=patient, reason__exact=FALLBACK[channel])
    if not reachable_by(patient, Purpose.CARE):
        return
    missed = with_owners().filter(patient=patient, reason__in=UNREACHABLE, stand_in=None)
    missed.filter(planned_for__lte=now, dealt_with_at=None).update(dealt_with_at=now)  # nobody needs to ask her any more
    lines = list(missed.filter(planned_for__gt=now, kind__in=kinds_of(Purpose.CARE)))
    if lines:
        _tell_again(patient, _tellings_again(lines, now), now)


def tell_by_email(now: datetime | None = None) -> int:
    """Texts that couldn't be delivered: what is still of use goes by email, at the time that it was planned for, or at once. Only where she
    agreed to emails; the ledger says so where she didn't. Says how many go.

    It is found in the ledger, not handed on by the receipt: that holds a message, and whoever changes a patient holds her first. So each
    is held in turn, in a transaction of her own, and what changes just now comes before or after. A crash in between loses nothing.
    Any number may run it at once.
    """
    now = now or timezone.now()
    told, over_at = 0, time.monotonic() + settings.DISPATCH_RUN_SECONDS
    for pk in dict.fromkeys(undelivered(now).values_list("patient", flat=True)):
        told += (
            unless_it_fails(
                partial(_tell_her_by_email, pk, now),
                code=f"patient not told, patient {pk}",
                log=f"What couldn't be texted to patient {pk} doesn't go by email either",
                said="when an undelivered text was to go by email",
                now=now,
            )
            or 0
        )
        if time.monotonic() > over_at:
            break
    return told


def _tell_her_by_email(patient_pk: int, now: datetime) -> int:
    """Requires a transaction."""
    patient = hold_alone(patient_pk)
    lines = list(undelivered(now, patient=patient))  # as they are under the lock, and she with them
    # Their texts went at their own time: these aren't late.
    again = [replace(telling, channel="email", remark=BY_EMAIL, due_at=None) for telling in _tellings_again(lines, now)]
    if "email" in reachable_by(patient, Purpose.CARE):
        _tell_again(patient, again, now)
        return len(again)
    _say(again, NO_CONSENT_FOR_EMAILS if patient.email else NO_EMAIL_ADDRESS)
    return 0


def _tellings_again(lines: Iterable[CareMessage], now: datetime) -> Iterator[Telling]:
    """Each line's message once more, at its own time; without those that are of no use any more."""
    for (appointment, plan), of_owner in by_owner(lines):
        tellings = {telling.key: telling for telling in tellings_of(appointment, plan, now)}
        for line in of_owner:
            telling = tellings.get(line.key)
            if telling is None:
                continue
            expires_at = line.message.expires_at if line.message else telling.expires_at
            if expires_at > now:
                due_at = telling.planned_for if telling.planned else line.planned_for
                yield replace(telling, send_at=max(due_at, now), due_at=due_at, expires_at=expires_at, stands_in_for=line)


def _tell_again(patient: Patient, tellings: Iterable[Telling], now: datetime) -> None:
    by_line = {_original(telling): telling for telling in tellings}
    for (appointment, plan), lines in by_owner(by_line):
        tell(patient, [by_line[line] for line in lines], appointment=appointment, plan=plan, now=now)


def _say(tellings: Iterable[Telling], reason: str) -> None:
    CareMessage.objects.filter(pk__in=[_original(telling).pk for telling in tellings]).update(reason=reason)


def _original(telling: Telling) -> CareMessage:
    if telling.stands_in_for is None:
        raise ValueError("it stands in for nothing")
    return telling.stands_in_for
