"""What is made up was done by nobody: it leaves no trail, and takes no longer for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from clinic.trailed import TRAILED, TRIGGERS


@contextmanager
def without_a_trail() -> Iterator[None]:
    """Requires a transaction: whoever else writes these tables waits for its end, and where it fails nothing was switched off."""
    switch("DISABLE")
    yield
    switch("ENABLE")


def switch(how: str) -> None:
    """`how` is DISABLE or ENABLE. Requires a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits to be checked would keep the tables from being changed
        for trailed in TRAILED:
            cursor.execute(f"ALTER TABLE {trailed.table} " + ", ".join(f"{how} TRIGGER {name}" for name in TRIGGERS))
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
