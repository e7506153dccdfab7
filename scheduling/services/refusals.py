"""What PostgreSQL refused, in the words of the person at the desk: constraint name → one error with one sentence.

The constraint decides; the sentence is looked up afterwards, outside the failed savepoint.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime

from scheduling.domain.interval import Days, earliest_day, overlaps, recovery
from scheduling.errors import BookingRefused, PatientBusy, PatientErased, PractitionerBusy, RoomBusy, TooSoon
from scheduling.models import Appointment
from scheduling.signals import booking_refused


def skin_needs_longer(wanted: Appointment) -> TooSoon:
    others = Appointment.objects.blocking().filter(patient=wanted.patient, skin_area=wanted.skin_area).exclude(pk=wanted.pk)
    return too_soon(wanted.local_day, wanted.minimum_interval_days, wanted.patient.first_name, others.order_by("during"))


def too_soon(day: date, interval_days: int, name: str, sessions: Iterable[Appointment], *, not_before: date | None = None) -> TooSoon:
    """Why `day` is too early for the skin that had or will have these `sessions`, in their order.

    The sentence names the one in the way and the first day that the skin allows, earlier and later ones considered. It advises no day
    before `not_before`.
    """
    own = recovery(day, interval_days)
    taken = {session: recovery_of(session) for session in sessions}
    earliest = earliest_day(day, interval_days, taken.values())
    # Without one, the session in the way was cancelled between the refusal and this sentence.
    in_the_way = next((session for session, days in taken.items() if overlaps(days, own)), None)
    if in_the_way is None:
        return TooSoon(f"Somebody changed {name}'s appointments just now. Please save once more.", earliest)
    its_day = in_the_way.local_day
    if its_day <= day:
        was = "the last session was" if in_the_way.completed_at else "a session is booked"
        sentence = (
            f"{name}'s skin needs until {_day(taken[in_the_way][1])}: {was} on {_day(its_day)}"
            f" and the minimum interval is {in_the_way.minimum_interval_days} days."
        )
        if earliest != taken[in_the_way][1]:
            sentence += f" With the later sessions in the diary, the first day free is {_day(earliest)}."
        return TooSoon(sentence, earliest)
    last_day_before = its_day - timedelta(days=interval_days)
    if not_before and last_day_before < not_before:
        return TooSoon(
            f"{name}'s skin needs {interval_days} days before the session on {_day(its_day)}, and there aren't as many."
            f" The first day after it is {_day(earliest)}.",
            earliest,
        )
    return TooSoon(
        f"{name}'s skin needs {interval_days} days before the session on {_day(its_day)}:"
        f" a session before it must be on {_day(last_day_before)} or earlier. The first day after it is {_day(earliest)}.",
        earliest,
    )


def recovery_of(session: Appointment) -> Days:
    return session.recovery.lower, session.recovery.upper


def practitioner_is_taken(wanted: Appointment) -> PractitionerBusy:
    return PractitionerBusy(f"{wanted.practitioner} already has an appointment {_clash(wanted, Q(practitioner=wanted.practitioner))}.")


def room_is_taken(wanted: Appointment) -> RoomBusy:
    return RoomBusy(f"{wanted.room.name} is taken {_clash(wanted, Q(room=wanted.room))}.")


def patient_is_taken(wanted: Appointment) -> PatientBusy:
    name = wanted.patient.first_name
    return PatientBusy(f"{name} already has an appointment {_clash(wanted, Q(patient=wanted.patient))}.")


def patient_is_gone(wanted: Appointment) -> PatientErased:
    return PatientErased("This patient was erased. Add a new one to book a session.")


SENTENCES: dict[str, Callable[[Appointment], BookingRefused]] = {
    "practitioner_is_free": practitioner_is_taken,
    "room_is_free": room_is_taken,
    "patient_is_free": patient_is_taken,
    "skin_has_recovered": skin_needs_longer,
    "patient_is_known": patient_is_gone,
}


def refusal_for(error: IntegrityError, wanted: Appointment) -> BookingRefused | None:
    """The refusal that stands for the constraint which fired; None for one that no booking should ever meet."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    sentence = SENTENCES.get(name or "")
    return sentence(wanted) if sentence else None


def note_refusal(refusal: BookingRefused) -> None:
    """For whoever shows it to the person who asked for a session or a move: what is only tried out is refused to nobody.

    Told when the caller's transaction commits, at once where there is none. Whatever becomes of that, the sentence is shown.
    """
    transaction.on_commit(partial(booking_refused.send, type(refusal), code=refusal.code), robust=True)


def _clash(wanted: Appointment, who: Q) -> str:
    other = Appointment.objects.blocking().filter(who, during__overlap=wanted.during).exclude(pk=wanted.pk).order_by("during").first()
    if other is None:
        return "at that time"
    start, end = localtime(other.during.lower, wanted.zone), localtime(other.during.upper, wanted.zone)
    return f"from {date_format(start, 'g:i A')} to {date_format(end, 'g:i A')} on {_day(start.date())}, turnaround included"


def _day(day: date) -> str:
    return date_format(day, "F j, Y")
