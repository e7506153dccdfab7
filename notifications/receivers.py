"""The early wake-up: what is due at once doesn't wait for beat's next tick."""

import logging
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from kombu.exceptions import OperationalError

from notifications.signals import messages_due
from notifications.tasks import dispatch_due

logger = logging.getLogger(__name__)


@receiver(messages_due)
def wake_after_commit(**kwargs: Any) -> None:
    transaction.on_commit(wake, robust=True)


def wake() -> None:
    try:
        dispatch_due.apply_async(retry=False, expires=60)
    except OperationalError:
        # A booking must succeed with Redis gone: the row is there, and beat's next tick finds it.
        logger.warning("Redis can't be reached; messages go out with the next tick.")
