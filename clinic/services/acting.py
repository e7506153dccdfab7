"""Who acts just now: the person at a page, a task, or a command. The trail is told, and so is the database, which writes most of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`name` is a sign-in's, or a task's or command's, such as “command import_patients”; `user_id` a sign-in's number."""

    name: str = ""
    user_id: int | None = None


NOBODY = Actor()
ACTOR: ContextVar[Actor] = ContextVar("actor", default=NOBODY)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    token = ACTOR.set(actor)
    try:
        yield
    finally:
        ACTOR.reset(token)
