"""What only an operator can mend: one open alarm per channel and code, however often it happens."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from notifications.models import Alarm


@transaction.atomic
def raise_alarm(channel: str, code: str, explanation: str, *, now: datetime | None = None) -> Alarm:
    """Open it, or count it once more where it is open already. The explanation holds no address and no text."""
    now = now or timezone.now()
    alarm, is_new = Alarm.objects.get_or_create(
        channel=channel, code=code, cleared_at=None, defaults={"explanation": explanation, "raised_at": now, "last_at": now}
    )
    if not is_new:
        Alarm.objects.filter(pk=alarm.pk).update(times=F("times") + 1, last_at=now)
    return alarm
