"""What this thread works on just now: somebody's request, or a task. Log lines, the trail and errors that are told elsewhere name it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib.auth import SESSION_KEY
from django.core.signals import request_finished
from django.dispatch import receiver
from django.http import HttpRequest

# A proxy's own is taken over, so that its log and ours name a request alike: a UUID, or hexadecimal digits, some of them letters. Anything
# else could be a patient's name or number, for many a proxy passes on what its client says.
WELL_FORMED = re.compile(r"(?=[^a-f]*[a-f])(?:[0-9a-f]{16,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Work:
    """`id` is a request's or a task's, `task` a task's name."""

    id: str = ""
    task: str = ""
    request: HttpRequest | None = None

    @property
    def user_id(self) -> str:
        """Of whoever is signed in, as far as somebody has looked: a line in a log is no reason to read the session."""
        session: Any = getattr(self.request, "session", None)
        return str(session.get(SESSION_KEY, "")) if session is not None and session.accessed else ""


NOTHING = Work()
WORK: ContextVar[Work] = ContextVar("work", default=NOTHING)


def current() -> Work:
    return WORK.get()


def current_id() -> str:
    """The request's, or the task's; "" outside of both."""
    return WORK.get().id


def begin_request(request: HttpRequest) -> Work:
    given = request.headers.get("X-Request-ID", "")
    work = Work(given if WELL_FORMED.fullmatch(given) else uuid4().hex, request=request)
    WORK.set(work)
    return work


@contextmanager
def in_task(task_id: str, name: str) -> Iterator[None]:
    token = WORK.set(Work(task_id, name))
    try:
        yield
    finally:
        WORK.reset(token)


@receiver(request_finished)  # a download goes on after its view has returned
def end_request(**kwargs: Any) -> None:
    WORK.set(NOTHING)
