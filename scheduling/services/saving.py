"""Saving an appointment under the database's constraints."""

from collections.abc import Callable

from django.db import IntegrityError, OperationalError, transaction
from psycopg.errors import DeadlockDetected

from scheduling.models import Appointment
from scheduling.services.refusals import refusal_for

TRIES = 3


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
