"""What the clinic's own beat entries do."""

import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from clinic.services.forgetting import forget as forget_old

logger = logging.getLogger(__name__)


@shared_task
def forget() -> None:
    """In the night, until nothing is left that should go; between the runs a worker that is to stop has its chance."""
    if forget_old(timezone.now(), for_seconds=settings.FORGET_RUN_SECONDS).is_over:
        return
    try:
        forget.apply_async(retry=False, expires=3600)
    except OperationalError:
        logger.warning("Redis can't be reached; what is left goes in the next night.")
