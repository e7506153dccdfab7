"""What goes wrong with one of many stops no other: it alone is taken back, and an operator hears of it."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db import InterfaceError, OperationalError, transaction

from notifications import services as notifications

logger = logging.getLogger(__name__)
T = TypeVar("T")


def unless_it_fails(do: Callable[[], T], *, code: str, log: str, said: str, now: datetime) -> T | None:
    """What `do` gives, run in a transaction of its own, or in a savepoint of the caller's; None where it failed.

    Then the `log` says so, and an alarm with that `code`: with the kind of the error, but not its text, which may hold a patient's words.

    Without PostgreSQL nothing here holds: that goes on to whoever called.
    """
    try:
        with transaction.atomic():
            return do()
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        kind = type(error).__name__
        logger.error("%s: %s", log, kind)
        notifications.raise_alarm("sms", code, f"{kind} {said}", now=now)
        return None
