"""Whether we are ready: each check with its state and a number, within a second, also where somebody's frozen server never answers."""

import logging
import pkgutil
import time
from collections.abc import Callable
from functools import cache
from importlib import import_module
from threading import Event, Lock, Thread
from typing import NamedTuple

import redis
from django.apps import apps
from django.conf import settings
from django.db import connection

from clinic.models import Heartbeat
from clinic.ops.hearts import hearts, silence
from notifications.reports import backlog

logger = logging.getLogger(__name__)

MOST_SECONDS = 1
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
    return [*(database.answer or NOBODY_KNOWS), *(queue.answer or [NO_REDIS])]


def is_ready(checks: list[Check]) -> bool:
    return all(check.state != FAILING for check in checks)


def by_database() -> list[Check]:
    """On a connection of its own: whether there is one to be had is what somebody wants to know."""
    try:
        began_at = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{MOST_SECONDS}s"])
            took = time.monotonic() - began_at
            cursor.execute("SELECT app, name FROM django_migrations")
            missing = sorted(".".join(name) for name in _migrations() - set(cursor.fetchall()))
        if missing:
            logger.error("The database isn't as this version needs it. Migrations are missing: %s", ", ".join(missing))
        checks = [
            Check("database", OK, round(1000 * took, 1), "ms"),
            Check("migrations", FAILING if missing else OK, len(missing), "missing"),
        ]
        return checks if missing else [*checks, *_by_what_processes_left()]
    finally:
        connection.close()


def _by_what_processes_left() -> list[Check]:
    oldest = backlog().oldest
    seen = hearts()
    beat, worker = silence(Heartbeat.Kind.BEAT, seen), silence(Heartbeat.Kind.WORKER, seen)
    return [
        Check("oldest_due_message", DEGRADED if oldest > settings.LATE_AFTER_MINUTES * 60 else OK, round(oldest), "s"),
        *(
            Check(name, OK if since is not None and since < MISSING_AFTER_SECONDS else DEGRADED, _rounded(since), "s")
            for name, since in (("beat", beat), ("worker", worker))
        ),
    ]


def by_redis() -> list[Check]:
    began_at = time.monotonic()
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=MOST_SECONDS, socket_connect_timeout=MOST_SECONDS) as client:
        client.ping()
    return [Check("redis", OK, round(1000 * (time.monotonic() - began_at), 1), "ms")]


NOBODY_KNOWS = [
    Check("database", FAILING, None, "ms"),
    Check("migrations", FAILING, None, "missing"),
    *(Check(name, DEGRADED, None, "s") for name in ("oldest_due_message", "beat", "worker")),
]
NO_REDIS = Check("redis", DEGRADED, None, "ms")  # messages wait; booking doesn't


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
    """A question that somebody asks beside us."""

    def __init__(self, question: Callable[[], list[Check]]) -> None:
        self.answer: list[Check] = []
        self.is_over = Event()
        Thread(target=self._ask, args=(question,), name="readiness", daemon=True).start()

    def _ask(self, question: Callable[[], list[Check]]) -> None:
        try:
            self.answer = question()
        except Exception as error:  # whatever it was, there is no answer
            logger.warning("%s got no answer: %s", question.__name__, type(error).__name__)
        finally:
            self.is_over.set()


# However often somebody asks, no more than one thread hangs for each: the next one waits for the same answer.
_ASKED: dict[Callable[[], list[Check]], Asked] = {}
_LOCK = Lock()


def _asked(question: Callable[[], list[Check]]) -> Asked:
    with _LOCK:
        asked = _ASKED.get(question)
        if asked is None or asked.is_over.is_set():
            asked = _ASKED[question] = Asked(question)
        return asked
