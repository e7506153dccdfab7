"""A wake-up. It only says "look at the table", so a lost one, or one too many, does no harm."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from scheduling import services
from scheduling.services import importing

logger = logging.getLogger(__name__)


def wake() -> None:
    """Have a worker look now instead of with beat's next tick."""
    try:
        offer_openings.apply_async(retry=False, expires=60)
    except OperationalError:
        # A cancellation must succeed with Redis gone: the row is there, and the next tick finds it.
        logger.warning("Redis can't be reached; what became free is offered with the next tick.")


@shared_task
def offer_openings() -> None:
    services.offer_openings()


@shared_task
def forget_files() -> None:
    importing.forget_files(timezone.now())
