"""Whether we are ready: each check with its state and a number, within a second, also where somebody's frozen server never answers."""

import logging
import pkgutil
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from threading import Event, Lock, Thread
from typing import NamedTuple

import redis
from django.apps import apps
from django.conf import settings
from django.db import connection

from clinic.masking import described
from clinic.models import Heartbeat
from clinic.ops.hearts import hearts, silence
from notifications.reports import backlog

logger = logging.getLogger(__name__)

MOST_SECONDS = 1
HANGS_AFTER_SECONDS = 2 * MOST_SECONDS  # a server that answers has answered, or ended the statement, by then
MISSING_AFTER_SECONDS = 60  # four heartbeats

OK, DEGRADED, FAILING = "ok", "degraded", "failing"


class Check(NamedTuple):
    """`state`: failing is no good to anybody; degraded is to be seen to, and the pages work."""

    name: str
    state: str
    value: float | None  # None: nobody knows
    unit: str


def readiness() -> list[Check]:
    """Within MOST_SECONDS."""
    until = time.monotonic() + MOST_SECONDS
    database, queue = _asked(by_database), _asked(by_redis)
    for asked in (database, queue):
        asked.is_over.wait(max(until - time.monotonic(), 0))
    known = {check.name: check for check in (*database.said(), *queue.said())}
    return [known.get(check.name, check) for check in NOBODY_KNOWS]


def is_ready(checks: list[Check]) -> bool:
    return all(check.state != FAILING for check in checks)


def by_database() -> Iterator[Check]:
    """On a connection of its own: whether there is one to be had is what somebody wants to know.

    What the pages need comes first: where it takes too long to find out how the messages go, that is known all the same.
    """
    try:
        began_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{MOST_SECONDS}s"])
            took = time.monotonic() - began_at
            cursor.execute("SELECT app, name FROM django_migrations")
            missing = sorted(".".join(name) for name in _migrations() - set(cursor.fetchall()))
        if missing:
            logger.error("The database isn't as this version needs it. Migrations are missing: %s", ", ".join(missing))
        yield Check("database", OK, round(1000 * took, 1), "ms")
        yield Check("migrations", FAILING if missing else OK, len(missing), "missing")
        if not missing:
            yield from _by_what_processes_left()
    finally:
        connection.close()


def _by_what_processes_left() -> Iterator[Check]:
    seen = hearts()
    for kind in (Heartbeat.Kind.BEAT, Heartbeat.Kind.WORKER):
        since = silence(kind, seen)
        yield Check(kind.value, OK if since is not None and since < MISSING_AFTER_SECONDS else DEGRADED, _rounded(since), "s")
    oldest = backlog().oldest
    yield Check("oldest_due_message", DEGRADED if oldest > settings.LATE_AFTER_MINUTES * 60 else OK, round(oldest), "s")


def by_redis() -> Iterator[Check]:
    began_at = time.monotonic()
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=MOST_SECONDS, socket_connect_timeout=MOST_SECONDS) as client:
        client.ping()
    yield Check("redis", OK, round(1000 * (time.monotonic() - began_at), 1), "ms")


NOBODY_KNOWS = [
    Check("database", FAILING, None, "ms"),
    Check("migrations", FAILING, None, "missing"),
    *(Check(name, DEGRADED, None, "s") for name in ("oldest_due_message", "beat", "worker")),
    Check("redis", DEGRADED, None, "ms"),  # messages wait; booking doesn't
]


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """(app, name) of all that we bring along. Only their names: what is in them would take megabytes, for good."""
    found = set()
    for config in apps.get_app_configs():
        try:
            package = import_module(f"{config.name}.migrations")
        except ModuleNotFoundError:
            continue
        found |= {(config.label, module.name) for module in pkgutil.iter_modules(package.__path__) if module.name[0] not in "_~"}
    return frozenset(found)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value)


# --- what may never answer ----------------------------------------------------------------------------------------------


class Asked:
    """Questions that somebody asks beside us, one after the other."""

    def __init__(self, questions: Callable[[], Iterator[Check]]) -> None:
        self.began_at = time.monotonic()
        self.is_over = Event()
        self._answers: list[Check] = []
        Thread(target=self._ask, args=(questions,), name="readiness", daemon=True).start()

    def said(self) -> list[Check]:
        """As far as it has come; nothing any more where it hangs."""
        hangs = not self.is_over.is_set() and time.monotonic() - self.began_at > HANGS_AFTER_SECONDS
        return [] if hangs else list(self._answers)

    def _ask(self, questions: Callable[[], Iterator[Check]]) -> None:
        try:
            for answer in questions():
                self._answers.append(answer)
        except Exception as error:  # whatever it was, there is no answer
            logger.warning("%s got no answer: %s", questions.__name__, described(error))
        finally:
            self.is_over.set()


# However often somebody asks, no more than one thread hangs for each: the next one waits for the same answer.
_ASKED: dict[Callable[[], Iterator[Check]], Asked] = {}
_LOCK = Lock()


def _asked(questions: Callable[[], Iterator[Check]]) -> Asked:
    with _LOCK:
        asked = _ASKED.get(questions)
        if asked is None or asked.is_over.is_set():
            asked = _ASKED[questions] = Asked(questions)
        return asked
