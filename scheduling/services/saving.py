"""Reading an appointment under a lock and saving it under the database's constraints."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from scheduling.domain.states import BLOCKING
from scheduling.models import Appointment, Course
from scheduling.services.refusals import refusal_for

TRIES = 3
Result = TypeVar("Result")
Given = ParamSpec("Given")


def locked(appointment: Appointment) -> Appointment:
    """The row as it is now, not as the caller once read it. Requires a transaction."""
    return locked_all([appointment])[appointment.pk]


def locked_all(appointments: Iterable[Appointment]) -> dict[int, Appointment]:
    """Their rows as they are now, by their numbers. Requires a transaction.

    The courses first, and all in the order of their numbers, as everywhere: two who lock them in different orders would wait for each
    other. `no_key`, or whoever writes a line about an appointment into the ledger would wait for the lock too.
    """
    wanted = list(appointments)
    courses = Course.objects.select_for_update(no_key=True).filter(pk__in={appointment.course_id for appointment in wanted})
    list(courses.order_by("pk").values_list("pk"))
    rows = (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__treatment", "patient", "practitioner", "room__location", "location")
        .filter(pk__in=[appointment.pk for appointment in wanted])
        .order_by("pk")
    )
    return {row.pk: row for row in rows}


def save_or_refuse(wanted: Appointment, save: Callable[[], object], *, tries: int = TRIES) -> None:
    """Run `save` in a savepoint of the caller's transaction. Raises BookingRefused where a constraint says no.

    One try is for who has saved others before it, and so has to begin anew with them.
    """

    def in_turn() -> None:
        if wanted.status in BLOCKING:
            _take_turns(wanted)
        save()

    try:
        retried(in_turn, tries=tries)
    except IntegrityError as error:
        refusal = refusal_for(error, wanted)
        if refusal is None:
            raise
        raise refusal from error


def _take_turns(wanted: Appointment) -> None:
    """Wait for whoever saves a session of the same practitioner or in the same room on that day.

    The constraints alone would do, and two seldom meet. But PostgreSQL looks for others once a row is in the index: those who come within
    the same microseconds find each other there, and each waits. A deadlock sets one free a second, and that one comes back: of fifty desks
    49 ended so, after six minutes. A refusal lets go at once, since it rolls back to before it. Those for one patient have queued already,
    for her course.
    """
    day = wanted.local_day
    turns = [f"practitioner {wanted.practitioner_id} on {day}", f"room {wanted.room_id} on {day}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(turn, 0)) FROM unnest(%s::text[]) AS turn", [turns])


def retried(work: Callable[[], Result], *, tries: int = TRIES) -> Result:
    """What `work` gives, run in a transaction, or in a savepoint of the caller's.

    Two who lock the same in different orders end in a deadlock: those who move sessions to the same two days, one to earlier times and one
    to later ones. The loser is rolled back, and begins anew. So `work` is all that goes together: what was locked before it stays in the
    other's way.
    """
    for tries_left in reversed(range(tries)):
        try:
            with transaction.atomic():
                return work()
        except OperationalError as error:
            if not tries_left or not isinstance(error.__cause__, DeadlockDetected):
                raise
    raise AssertionError("unreachable")


def all_or_nothing(service: Callable[Given, Result]) -> Callable[Given, Result]:
    """A service in a transaction, as `transaction.atomic`, begun anew where two had waited for each other.

    A savepoint isn't enough where something that was locked before it, the patient for one, is in the other's way. So `service` looks
    everything up anew, and leaves what it was given as it was.
    """

    @wraps(service)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return retried(lambda: service(*args, **kwargs))

    return run
