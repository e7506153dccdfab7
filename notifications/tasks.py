"""Wake-ups. Each only says "look at the table", so a lost one, or one too many, does no harm."""

import logging
import time

from celery import shared_task
from django.conf import settings
from kombu.exceptions import OperationalError

from notifications import services

logger = logging.getLogger(__name__)

POLLED_AT_ONCE = 100
LEFT_ALONE_SECONDS = 30  # a Redis that has just failed: one that is frozen takes ten seconds of whoever waits for a page, each time


class Waking:
    """Of this process."""

    again_at = 0.0  # on the monotonic clock


def wake() -> None:
    """Have a worker look now instead of with beat's next tick."""
    if time.monotonic() < Waking.again_at:
        return
    try:
        dispatch_due.apply_async(retry=False, expires=60)
    except OperationalError:
        # A booking must succeed with Redis gone: the row is there, and the next tick finds it.
        logger.warning("Redis can't be reached; messages go out with the next tick.")
        Waking.again_at = time.monotonic() + LEFT_ALONE_SECONDS


@shared_task
def dispatch_due() -> None:
    """Batch after batch, until nothing is due or it is time to give a worker that is to stop its chance."""
    if services.dispatch_until_idle(for_seconds=settings.DISPATCH_RUN_SECONDS).more:
        wake()


@shared_task
def reconcile() -> None:
    services.reconcile()


@shared_task
def poll() -> None:
    """For as long as a run may last: a flood of silent messages doesn't keep a worker from dispatching."""
    over_at = time.monotonic() + settings.DISPATCH_RUN_SECONDS
    while services.poll(limit=POLLED_AT_ONCE) == POLLED_AT_ONCE and time.monotonic() < over_at:
        pass
