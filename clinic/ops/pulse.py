"""What beat and a worker do besides their work: a thread that shows that it goes on, and that looks whether messages go."""

import logging
import time
from collections.abc import Callable
from threading import Event, Thread

from django.conf import settings
from django.db import connection

from clinic.masking import described
from clinic.ops import hearts, tallies
from clinic.ops.watching import watch

logger = logging.getLogger(__name__)

STILL_MOVES_SECONDS = 60  # a worker shows life every two seconds, or, without prefork, between two tasks; beat with each tick
STOPS_WITHIN_SECONDS = 5


class Pulse:
    """Beside the process's own loop, which waits for nobody: neither for a frozen PostgreSQL nor for a mail server."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name
        self._over = Event()
        self._thread = Thread(target=self._run, name="pulse", daemon=True)
        self._moved_at: float | None = None
        self._began_at = self._looked_at = time.monotonic()

    def start(self) -> None:
        self.moves()
        self._thread.start()

    def moves(self) -> None:
        """The process's own loop goes round. Where it hangs, no thread says that all is well."""
        self._moved_at = time.monotonic()

    def stop(self) -> None:
        self._over.set()
        self._thread.join(STOPS_WITHIN_SECONDS)  # or it could show life once more
        self._try(lambda: hearts.stop(self.kind, self.name))

    def _run(self) -> None:
        while not self._over.is_set():
            self._try(self._once)
            self._over.wait(settings.HEARTBEAT_SECONDS)

    def _once(self) -> None:
        now = time.monotonic()
        if self._moved_at is not None and now - self._moved_at < STILL_MOVES_SECONDS:
            hearts.beat(self.kind, self.name)
        if now - self._looked_at >= settings.WATCH_EVERY_SECONDS:
            self._looked_at = now
            tallies.sum_up()
            watch(now - self._began_at)

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # PostgreSQL can't be reached, for one: the next time comes
            logger.warning("No life could be shown, or nobody be looked after: %s", described(error))
        finally:
            connection.close()
