"""What is queued, planned anew: in a patient's new words, on her new clock, by a newer protocol, or since she has answered."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from aftercare.domain.consent import Purpose, kinds_of
from aftercare.domain.protocol import Kind
from aftercare.domain.reasons import UNREACHABLE
from aftercare.models import CareMessage, Plan
from aftercare.services.changes.lines import Owner, by_owner, queued, tellings_of, unreached
from aftercare.services.telling.consent import hold
from aftercare.services.telling.taking_back import take_back
from aftercare.services.telling.tellings import Telling, tell
from notifications.domain.states import MessageStatus
from scheduling.models import Appointment, Patient

CONFIRMED = "the appointment is confirmed"
MOVE_REQUESTED = "another time was asked for"
FOLLOW = [kind for kind in kinds_of(Purpose.CARE) if kind != Kind.OFFER]


@transaction.atomic
def follow_answer(appointment: Appointment, *, now: datetime) -> None:
    """What is queued about an appointment that she has confirmed, or asked to move, doesn't ask her again."""
    hold(appointment.patient)
    reason = CONFIRMED if appointment.confirmed_at else MOVE_REQUESTED
    plan_anew(appointment.patient, reason=reason, now=now, appointment=appointment, plan=None)


@transaction.atomic
def plan_anew(patient: Patient, *, reason: str, now: datetime, **about: Any) -> None:
    """Her language, her time zone or her nights changed: what is still queued is said in her words, on her clock.

    With `about`, only the lines that match it. An offer stays as it is: it is gone before long.
    """
    about |= {"patient": patient, "kind__in": FOLLOW}
    lines = queued(**about)
    take_back(reason=reason, pk__in=[line.pk for line in lines])
    for (appointment, plan), renewed in renewals([*lines, *unreached(**about)], now):
        tell(patient, renewed, appointment=appointment, plan=plan, now=now)


def renewals(lines: Iterable[CareMessage], now: datetime, *, only_ahead: bool = False) -> Iterator[tuple[Owner, list[Telling]]]:
    """What is told instead of these lines, once they are taken back, as their patient is now: of each owner, in order of time.

    What was to come, and by her new clock should have come a moment ago, is told at once; `only_ahead` leaves it out.
    """
    of_owners = list(by_owner(lines))
    standing = _standing([plan for (_appointment, plan), _lines in of_owners if plan])
    for (appointment, plan), of_owner in of_owners:
        taken = {line.key: line for line in of_owner}
        renewed = []
        for telling in tellings_of(appointment, plan, now):
            if line := taken.get(telling.key):
                again = _again(line, telling, now)
                was_ahead = line.planned_for > now
                if again and not (only_ahead and was_ahead and telling.send_at <= now):
                    renewed.append(again)
            elif plan and not telling.reason and _is_ahead(telling, now):
                # A night's doses in one text instead of their own, or the other way round; or a step that the protocol has since.
                before = standing.get((plan.pk, telling.key))
                if before is None or _was_replaced(before):
                    renewed.append(replace(telling, send_at=max(telling.send_at, now), stands_in_for=before))
        if renewed:
            yield (appointment, plan), renewed


def _again(line: CareMessage, telling: Telling, now: datetime) -> Telling | None:
    if telling.expires_at <= now:
        return None
    if line.message is None:  # it waits for her, and has nothing new to say but another time
        is_moved = telling.send_at != line.planned_for and telling.send_at > now
        return replace(telling, stands_in_for=line) if is_moved else None
    again = replace(telling, channel=line.channel, remark=line.reason, stands_in_for=line)
    return again if telling.send_at > now else replace(again, send_at=now, due_at=min(line.planned_for, now))


def _is_ahead(telling: Telling, now: datetime) -> bool:
    return not telling.planned.is_past(now) if telling.planned else telling.send_at > now


def _standing(plans: Iterable[Plan]) -> dict[tuple[int, str], CareMessage]:
    """(plan, key) → the last line of it."""
    lines = CareMessage.objects.filter(plan__in=[plan.pk for plan in plans]).select_related("message", "stand_in").order_by("pk")
    return {(line.plan_id, line.key): line for line in lines if line.plan_id}


def _was_replaced(line: CareMessage) -> bool:
    """By another shape of the same night, earlier on; what she couldn't be reached with stays so."""
    is_cancelled = line.message is not None and line.message.status == MessageStatus.CANCELLED
    return is_cancelled and line.reason not in UNREACHABLE and not hasattr(line, "stand_in")
