"""Wake-ups. Each only says "look at the table", so a lost one, or one too many, does no harm."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from aftercare import services

logger = logging.getLogger(__name__)


@shared_task
def escalate() -> None:
    services.escalate_due()


@shared_task
def tell_by_email() -> None:
    services.tell_by_email()


def wake_recalls() -> None:
    """Have a worker tell them now instead of with beat's next tick."""
    try:
        tell_recalls.apply_async(retry=False, expires=60)
    except OperationalError:
        # The rows are there, and the next tick finds them.
        logger.warning("Redis can't be reached; recalls go out with the next tick.")


@shared_task
def tell_recalls() -> None:
    """Until all are told or it is time to give a worker that is to stop its chance."""
    if services.tell_recalls():
        wake_recalls()


@shared_task
def follow_recalls() -> None:
    """Whom a recall hasn't reached, and whom the policy asks back today."""
    services.settle_recalls()
    services.want_by_policy(timezone.now())


@shared_task
def send_digest() -> None:
    services.send_digest(timezone.now())
