"""Wake-ups. Each only says "look at the table", so a lost one, or one too many, does no harm."""

from celery import shared_task

from notifications import services


@shared_task
def dispatch_due() -> None:
    if services.dispatch().more:
        dispatch_due.delay()


@shared_task
def reconcile() -> None:
    services.reconcile()
