"""Wake-ups. Each only says "look at the table", so a lost one, or one too many, does no harm."""

from celery import shared_task

from aftercare import services


@shared_task
def escalate() -> None:
    services.escalate_due()


@shared_task
def tell_by_email() -> None:
    services.tell_by_email()
