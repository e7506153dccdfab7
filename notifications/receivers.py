"""The early wake-up: what is due at once doesn't wait for beat's next tick."""

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from notifications.signals import messages_due
from notifications.tasks import wake


@receiver(messages_due)
def wake_after_commit(**kwargs: Any) -> None:
    transaction.on_commit(wake, robust=True)
