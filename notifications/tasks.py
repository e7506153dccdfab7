"""Wake-ups. Each only says "look at the table", so a lost one, or one too many, does no harm."""

from celery import shared_task
from django.conf import settings

from notifications import services

POLLED_AT_ONCE = 100


@shared_task
def dispatch_due() -> None:
    """Batch after batch, until nothing is due or it is time to give a worker that is to stop its chance."""
    if services.dispatch_until_idle(for_seconds=settings.DISPATCH_RUN_SECONDS).more:
        dispatch_due.delay()


@shared_task
def reconcile() -> None:
    services.reconcile()


@shared_task
def poll() -> None:
    if services.poll(limit=POLLED_AT_ONCE) == POLLED_AT_ONCE:
        poll.delay()
