"""How long a report or an export may take: the snapshot that it holds open slows the dispatcher's claims down."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from scheduling.errors import TooSlow

SET = "SELECT set_config('statement_timeout', %s, true)"


@contextmanager
def limited_to(seconds: float) -> Iterator[None]:
    """A transaction in which PostgreSQL ends each statement after as long. Raises TooSlow."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            (before,) = cursor.fetchone()
            cursor.execute(SET, [f"{round(seconds * 1000)}ms"])
            yield
            cursor.execute(SET, [before])  # within a caller's transaction it would stay
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooSlow(f"This took longer than {seconds:g} seconds and was stopped, so that it holds nothing else up.") from error
        raise
