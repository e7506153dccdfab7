"""A wake-up. It only says "look at the table", so a lost one, or one too many, does no harm."""

from celery import shared_task

from aftercare import services


@shared_task
def escalate() -> None:
    services.escalate_due()
