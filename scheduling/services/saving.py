"""Reading an appointment under a lock and saving it under the database's constraints."""

from collections.abc import Callable

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected

from scheduling.models import Appointment, Course
from scheduling.services.refusals import refusal_for

TRIES = 3


def locked(appointment: Appointment) -> Appointment:
    """The row as it is now, not as the caller once read it. Requires a transaction.

    The course first, as everywhere: two who lock them in different orders would wait for each other. `no_key`, or whoever writes a line
    about the appointment into the ledger would wait for the lock too.
    """
    Course.objects.select_for_update(no_key=True).get(pk=appointment.course_id)
    return (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("course__treatment", "patient", "practitioner", "room", "location")
        .get(pk=appointment.pk)
    )


def save_or_refuse(wanted: Appointment, save: Callable[[], None]) -> None:
    """Run `save` in a savepoint of the caller's transaction. Raises BookingRefused where a constraint says no.

    Two inserts that wait for each other's exclusion constraints can end in a deadlock (1 in 5,000): the loser tries again and then
    meets the winner's row.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                save()
            return
        except IntegrityError as error:
            refusal = refusal_for(error, wanted)
            if refusal is None:
                raise
            raise refusal from error
        except OperationalError as error:
            if not tries_left or not isinstance(error.__cause__, DeadlockDetected):
                raise
