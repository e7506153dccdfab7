"""What was to be told and can't go out as it was planned: told again another way, once, where it is still of use."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction

from aftercare.domain.consent import Purpose, kinds_of
from aftercare.domain.protocol import Kind
from aftercare.domain.reasons import UNREACHABLE
from aftercare.models import CareMessage, Plan
from aftercare.services.bookings.appointments import tellings_of_booking
from aftercare.services.plans.starting import tellings_of_plan
from aftercare.services.telling.consent import hold, hold_alone, reachable_by, why_unreachable
from aftercare.services.telling.taking_back import NOT_OVER, take_back
from aftercare.services.telling.tellings import FALLBACK, Telling, tell
from notifications.domain.states import MessageStatus
from scheduling.models import Appointment, Patient

BY_EMAIL = "by email: the text couldn't be delivered"
NO_CONSENT_FOR_EMAILS = "not by email either: no consent for emails"
CONFIRMED = "the appointment is confirmed"
MOVE_REQUESTED = "another time was asked for"
NO_EMAIL_ADDRESS = "not by email either: no email address"
Owner = tuple[Appointment | None, Plan | None]
FOLLOW = [kind for kind in kinds_of(Purpose.CARE) if kind != Kind.OFFER]


def queued(*, also: Sequence[MessageStatus] = (), **about: Any) -> list[Any]:
    """The ledger's lines that wait to be sent, in the order of their messages. Requires a transaction.

    They are locked, so that no worker claims them meanwhile, and those under way with them: in one order, or two might wait for each other.
    """
    wanted = [MessageStatus.SCHEDULED.value, *(status.value for status in also)]
    lines = _with_owners().filter(**about, message__status__in=[*NOT_OVER, *wanted], stand_in=None)
    locked = lines.select_for_update(of=("message",)).order_by("message_id")
    return [line for line in locked if line.message and line.message.status in wanted]


def waiting(**about: Any) -> list[Any]:
    """The same lines, for whoever only looks."""
    return list(_with_owners().filter(**about, message__status=MessageStatus.SCHEDULED.value, stand_in=None))


def unreached(**about: Any) -> list[Any]:
    """Those of running plans that wait for her to be reachable: for her consent, or an address. Their times follow her, too."""
    return list(_with_owners().filter(**about, plan__isnull=False, plan__stopped_at=None, reason__in=UNREACHABLE, stand_in=None))


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
    hold_alone(patient)  # one at a time: each line is told again once
    for channel in reachable_by(patient, Purpose.CARE):
        tell_otherwise(reason=reason, now=now, patient=patient, reason__exact=FALLBACK[channel])
    if not reachable_by(patient, Purpose.CARE):
        return
    missed = _with_owners().filter(patient=patient, reason__in=UNREACHABLE, stand_in=None)
    missed.filter(planned_for__lte=now, dealt_with_at=None).update(dealt_with_at=now)  # nobody needs to ask her any more
    lines = list(missed.filter(planned_for__gt=now, kind__in=kinds_of(Purpose.CARE)))
    if lines:
        _tell_again(patient, _tellings_again(lines, now), now)


@transaction.atomic
def tell_by_email(message_id: int, *, now: datetime) -> None:
    """A text that can't be delivered: what is still of use goes by email, at the time that it was planned for, or at once.

    Only where she agreed to emails; the ledger says so where she didn't.
    """
    line = _with_owners().select_for_update(of=("self",), no_key=True).filter(message_id=message_id, channel="sms").first()
    if line is None or CareMessage.objects.filter(stands_in_for=line).exists():  # asked under the lock: a receipt may come twice at once
        return
    # Its text went at its own time: this one isn't late.
    again = [replace(telling, channel="email", remark=BY_EMAIL, due_at=None) for telling in _tellings_again([line], now)]
    if "email" in reachable_by(line.patient, Purpose.CARE):
        _tell_again(line.patient, again, now)
    else:
        _say(again, NO_CONSENT_FOR_EMAILS if line.patient.email else NO_EMAIL_ADDRESS)


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
    of_owners = list(_by_owner(lines))
    standing = _standing([plan for (_appointment, plan), _lines in of_owners if plan])
    for (appointment, plan), of_owner in of_owners:
        taken = {line.key: line for line in of_owner}
        renewed = []
        for telling in _tellings_of(appointment, plan, now):
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


def _with_owners() -> Any:
    return CareMessage.objects.select_related(
        "message",
        "patient",
        "appointment__location",
        "appointment__patient",
        "plan__protocol",
        "plan__appointment__location",
        "plan__appointment__patient",
        "plan__appointment__course__treatment",
    )


def _tellings_again(lines: Iterable[CareMessage], now: datetime) -> Iterator[Telling]:
    """Each line's message once more, at its own time; without those that are of no use any more."""
    for (appointment, plan), of_owner in _by_owner(lines):
        tellings = {telling.key: telling for telling in _tellings_of(appointment, plan, now)}
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
    for (appointment, plan), lines in _by_owner(by_line):
        tell(patient, [by_line[line] for line in lines], appointment=appointment, plan=plan, now=now)


def _say(tellings: Iterable[Telling], reason: str) -> None:
    CareMessage.objects.filter(pk__in=[_original(telling).pk for telling in tellings]).update(reason=reason)


def _original(telling: Telling) -> CareMessage:
    if telling.stands_in_for is None:
        raise ValueError("it stands in for nothing")
    return telling.stands_in_for


def _by_owner(lines: Iterable[CareMessage]) -> Iterator[tuple[Owner, list[CareMessage]]]:
    """The lines of one plan, or of one appointment, together; in order of time."""
    in_order = sorted(lines, key=lambda line: (line.plan_id or 0, line.appointment_id or 0, line.planned_for, line.pk))
    for _, group in groupby(in_order, key=lambda line: (line.plan_id, line.appointment_id)):
        of_owner = list(group)
        yield (of_owner[0].appointment, of_owner[0].plan), of_owner


def _tellings_of(appointment: Appointment | None, plan: Plan | None, now: datetime) -> list[Telling]:
    """What its owner tells now: nothing for a plan that was stopped, other messages for an appointment that was moved."""
    if plan:
        return [] if plan.stopped_at else tellings_of_plan(plan)
    return tellings_of_booking(appointment, now) if appointment else []
