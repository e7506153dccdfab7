"""Who acts just now: the person at a page, a task, or a command. PostgreSQL is told as well, since it writes most of the trail.

It is told once, outside of any transaction, so that no rollback takes it back; and told that it is over, since connections are kept and
the next one's writes would be laid at the wrong door. A connection that is opened meanwhile is told by `clinic.receivers`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection

from clinic.requests import current_id

TELL = (
    "SELECT set_config('afterglow.actor', %s, false), set_config('afterglow.user', %s, false), set_config('afterglow.request', %s, false)"
)


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
        if connection.connection is not None:
            tell(connection)
        yield
    finally:
        ACTOR.reset(token)
        if connection.connection is not None:
            _tell_or_let_go()


def tell(to: Any) -> None:
    """That connection's further writes are whoever's who acts now."""
    actor = ACTOR.get()
    with to.cursor() as cursor:
        request = "" if actor == NOBODY else current_id()  # which isn't over before its answer has gone
        cursor.execute(TELL, [actor.name, "" if actor.user_id is None else str(actor.user_id), request])


def _tell_or_let_go() -> None:
    """A connection that can't be told is kept for nobody. Within a transaction that has failed, its rollback tells it."""
    try:
        tell(connection)
    except Error:
        if not connection.in_atomic_block:
            connection.close()
