"""Django's own, but that nobody waits behind it for long.

A migration that changes a table waits until whoever has it just then is through, a backup for one, and everybody who comes later waits
behind the migration: the clinic stands still. So it gives up soon; what it had done is undone, and it may be run again. One that isn't
atomic (an index that is made concurrently) holds nobody up, and takes its time.
"""

from contextlib import suppress
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from django.db.migrations import Migration
from psycopg.errors import LockNotAvailable

LOCK_SECONDS = 10


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        self._database, self._doing = options["database"], "migrate"
        try:
            super().handle(*args, **options)
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
            raise CommandError(
                f"{self._doing} changes what somebody was at work on for {LOCK_SECONDS} seconds, such as a backup or an export; everybody"
                " who came later had to wait behind it. It gave up, and nothing of it was done. Run migrate again when that is over."
            ) from error
        finally:
            with suppress(DatabaseError):  # that is gone has been said
                self._wait_at_most(None)

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        if migration and action.endswith("_start"):
            self._doing = str(migration)
            self._wait_at_most(LOCK_SECONDS if migration.atomic else 0)
        super().migration_progress_callback(action, migration, fake)

    def _wait_at_most(self, seconds: float | None) -> None:
        """For a lock. 0: however long; None: as before."""
        with connections[self._database].cursor() as cursor:
            cursor.execute("RESET lock_timeout" if seconds is None else f"SET lock_timeout = '{seconds}s'")
