"""A time that became free goes to those who wait: offered to one after the other, taken by whoever is first (ADR 0010).

Whoever takes several of their locks does so in this order: opening, course, appointment, waitlist entry, offer.
"""

import logging
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.timezone import localtime

from scheduling.domain.interval import SHORTEST_INTERVAL_DAYS, recovery
from scheduling.domain.offering import ANSWER_WITHIN, NOTICE, may_be_asked
from scheduling.domain.states import Status
from scheduling.errors import BookingRefused, Gone
from scheduling.models import Appointment, Location, Offer, Opening, WaitlistEntry
from scheduling.services.booking import book, new_session, place
from scheduling.services.confirming import confirm
from scheduling.services.moving import move
from scheduling.services.saving import all_or_nothing, locked, retried, save_or_refuse
from scheduling.services.waiting import end_outlived, hold_entry
from scheduling.signals import openings_due, slot_offered

logger = logging.getLogger(__name__)

WAITING, OPEN = WaitlistEntry.Status.WAITING, Offer.Outcome.OPEN


def offer_openings(now: datetime | None = None) -> int:
    """Offer what is free to the next in line, and say how many were asked.

    Any number of workers may do so at once, and as often as they like: each opening is one's for as long as it takes, in a transaction
    of its own. One that can't be handled doesn't keep the others from it.
    """
    now = now or timezone.now()
    for location in Location.objects.all():
        end_outlived(location, now)
    asked = 0
    for pk in Opening.objects.filter(closed_at=None, freed_at__lte=now).order_by("during", "pk").values_list("pk", flat=True):
        try:
            asked += _offer(pk, now)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # Without its text, which may hold a name: the next tick tries again.
            logger.error("Opening %s can't be offered: %s", pk, type(error).__name__)
    return asked


@all_or_nothing
def _offer(pk: int, now: datetime) -> bool:
    """Ask the next in line, unless somebody is asked already. Whether somebody was asked.

    Begun anew where she is just taken off the list by whoever ends the session that she has, and each waits for the other.
    """
    opening = (
        Opening.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("practitioner", "room__location", "location", "freed_by")
        .filter(pk=pk, closed_at=None)
        .first()
    )
    if opening is None:  # another worker has it, or it was closed just now
        return False
    if _is_taken(opening):
        close(opening, now)
        return False
    offers = Offer.objects.filter(opening=opening, outcome=OPEN)
    offers.filter(answer_by__lte=now).update(outcome=Offer.Outcome.EXPIRED)
    if offers.exists():
        return False
    if opening.during.lower < now + NOTICE:
        close(opening, now)
        return False
    if not _is_its_turn(opening, now):
        return False
    return any(_ask(entry, opening, now) for entry in _in_line(opening, now))


def _is_its_turn(opening: Opening, now: datetime) -> bool:
    """A session that is moved to and fro leaves several openings of one time, or of times that overlap: one of them is offered at a time.

    None while a move away from there can be taken back. Of those with one start the newest stands for all. Requires the opening's lock.
    """
    whose = Q(practitioner=opening.practitioner_id) | Q(room=opening.room_id)
    rivals = Opening.objects.filter(whose, closed_at=None, during__overlap=opening.during).exclude(pk=opening.pk)
    seen = list(rivals.select_for_update(skip_locked=True, no_key=True))
    if len(seen) < rivals.count():  # another worker has one of them: the next tick looks again
        return False
    same = [one for one in seen if (one.practitioner_id, one.room_id, one.during.lower) == _stands_for(opening)]
    if any(one.pk > opening.pk for one in same):
        close(opening, now)
        return False
    is_offered = Offer.objects.filter(opening__in=seen, outcome=OPEN, answer_by__gt=now).exists()
    return not is_offered and all(one.freed_at <= now for one in seen)


def _stands_for(opening: Opening) -> tuple[int, int, datetime]:
    return opening.practitioner_id, opening.room_id, opening.during.lower


def close(opening: Opening, now: datetime) -> None:
    """Its time is taken, or too near. Requires its lock."""
    Offer.objects.filter(opening=opening, outcome=OPEN).update(outcome=Offer.Outcome.LOST)
    opening.closed_at = now
    opening.save(update_fields=["closed_at"])


def _in_line(opening: Opening, now: datetime) -> list[WaitlistEntry]:
    """Who waits for such a time, in the order in which they are asked: who waits longest is first."""
    start = localtime(opening.during.lower, opening.location.zone)
    clock = start.time().replace(tzinfo=None)
    waiting = (
        WaitlistEntry.objects.filter(
            Q(practitioner=None) | Q(practitioner=opening.practitioner),
            Q(starts_from=None) | Q(starts_from__lte=clock),
            Q(starts_until=None) | Q(starts_until__gte=clock),
            # Not a worse time than she has, and not beside an appointment that can't be given up any more.
            Q(appointment=None) | Q(appointment__status=Status.BOOKED, appointment__during__startswith__gt=opening.during.lower),
            status=WAITING,
            location=opening.location,
            treatment__in=opening.practitioner.treatments.all(),
            first_on__lte=start.date(),
            last_on__gte=start.date(),
        )
        .exclude(patient=opening.freed_by.patient_id)
        .exclude(_skin_needs_longer(start.date()))
        .exclude(pk__in=Offer.objects.filter(Q(opening=opening) | Q(outcome=OPEN)).values("entry"))
    )
    entries = waiting.select_related("patient", "treatment", "location", "appointment").order_by("created_at", "pk")
    return [entry for entry in entries if may_be_asked(now, entry.patient.zone, settings.QUIET_HOURS)]


def _skin_needs_longer(day: date) -> Exists:
    """Whose skin won't be ready whatever her course's interval is: most of those who can't come, and in one query."""
    span = DateRange(*recovery(day, SHORTEST_INTERVAL_DAYS))
    hers = Appointment.objects.blocking().filter(
        patient=OuterRef("patient"), skin_area=OuterRef("treatment__skin_area"), recovery__overlap=span
    )
    return Exists(hers.exclude(pk=Coalesce(OuterRef("appointment"), 0)))


def _ask(entry: WaitlistEntry, opening: Opening, now: datetime) -> bool:
    """Whether she is asked: her skin may not be ready, the session may be too long, or she can't be told."""
    if not _would_fit(entry, opening, now):
        return False
    # Another worker may be asking her for another time, or she is answering that just now.
    if not WaitlistEntry.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=entry.pk, status=WAITING).exists():
        return False
    if Offer.objects.filter(entry=entry, outcome=OPEN).exists():
        return False
    offer = Offer.objects.create(opening=opening, entry=entry, offered_at=now, answer_by=now + ANSWER_WITHIN)
    if any(told for _receiver, told in slot_offered.send(Offer, offer=offer, now=now)):
        return True
    offer.outcome = Offer.Outcome.UNTOLD
    offer.save(update_fields=["outcome"])
    return False


def accept_offer(offer: Offer, *, by: User | None = None, now: datetime | None = None) -> Appointment:
    """She takes the time, and it is confirmed. In time or late, whoever is first has it: nothing was reserved.

    Said once more, it changes nothing. Raises Gone where it isn't free any more, or not for her; then she stays on the list, and what was
    offered is written down as lost, unless the caller's own transaction is rolled back. Raises PatientErased where she left no row.
    """
    now = now or timezone.now()
    taken = retried(lambda: _take(offer, by, now))
    if isinstance(taken, BookingRefused):
        raise Gone(f"That time can't be taken any more. {taken}") from taken
    return taken


@transaction.atomic
def decline_offer(offer: Offer, *, now: datetime | None = None) -> Offer:
    """She would rather wait: the next one is asked at once, and she stays on the list. Taken or gone, it stays so."""
    now = now or timezone.now()
    offer = Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    if offer.outcome in (OPEN, Offer.Outcome.EXPIRED):
        offer.outcome, offer.answered_at = Offer.Outcome.DECLINED, now
        offer.save(update_fields=["outcome", "answered_at"])
        openings_due.send(Offer)
    return offer


def _take(offer: Offer, by: User | None, now: datetime) -> Appointment | BookingRefused:
    opening = Opening.objects.select_for_update(no_key=True).get(pk=offer.opening_id)
    given_up = offer.entry.appointment
    if given_up is not None:
        given_up = locked(given_up)
    entry = hold_entry(offer.entry_id)
    # The other times that are offered to her, and whoever is asked for this one meanwhile.
    others = Offer.objects.filter(Q(entry=entry) | Q(opening=opening), outcome=OPEN).exclude(pk=offer.pk).order_by("pk")
    mine, *_ = [Offer.objects.select_for_update(no_key=True).get(pk=offer.pk), *others.select_for_update(no_key=True)]
    if mine.outcome == Offer.Outcome.ACCEPTED and mine.appointment:
        return mine.appointment
    try:
        if entry.status != WAITING:
            raise Gone("The patient isn't on the waitlist any more.")
        if opening.during.lower <= now:
            raise Gone("It has begun already.")
        if Offer.objects.filter(opening=opening, outcome=Offer.Outcome.ACCEPTED).exists():
            raise Gone("Somebody else from the waitlist has taken it.")
        with transaction.atomic():
            at: dict[str, Any] = _place_of(opening)
            if given_up is not None:
                appointment = move(given_up, **at, by=by, now=now)
            else:
                appointment = book(patient=entry.patient, treatment=entry.treatment, **at, by=by, now=now)
            appointment = confirm(appointment, by=by, now=now)
    except BookingRefused as refusal:
        Offer.objects.filter(pk=mine.pk).update(outcome=Offer.Outcome.LOST, answered_at=now)
        openings_due.send(Offer)
        return refusal
    mine.outcome, mine.answered_at, mine.appointment = Offer.Outcome.ACCEPTED, now, appointment
    mine.save(update_fields=["outcome", "answered_at", "appointment"])
    entry.status, entry.closed_at = WaitlistEntry.Status.BOOKED, now
    entry.save(update_fields=["status", "closed_at"])
    others.filter(entry=entry).update(outcome=Offer.Outcome.DECLINED, answered_at=now)
    close(opening, now)
    openings_due.send(Offer)
    return appointment


def _place_of(opening: Opening) -> dict[str, Any]:
    return {"starts_at": opening.during.lower, "practitioner": opening.practitioner, "room": opening.room}


def _would_fit(entry: WaitlistEntry, opening: Opening, now: datetime) -> bool:
    """Whether she could be booked there now: the very constraints are asked, and what was saved for it is taken back at once."""
    try:
        with transaction.atomic():
            given_up = entry.appointment
            wanted = locked(given_up) if given_up else new_session(entry.patient, entry.treatment, None, now)
            place(wanted, entry.treatment, opening.practitioner, opening.room, opening.during.lower, now)
            save_or_refuse(wanted, wanted.save)
            transaction.set_rollback(True)
    except BookingRefused:
        return False
    return True


def _is_taken(opening: Opening) -> bool:
    """Whether a session covers its start. One that begins later leaves room for a shorter treatment: that is tried."""
    instant = DateTimeTZRange(opening.during.lower, opening.during.lower, "[]")
    whose = Q(practitioner=opening.practitioner_id) | Q(room=opening.room_id)
    return Appointment.objects.blocking().filter(whose, during__overlap=instant).exists()
