"""An answer: it goes at once and at any hour, since she has just written, and takes no consent."""

from datetime import datetime, timedelta
from typing import Any

from aftercare.models import CareMessage
from aftercare.wording import Letter
from notifications import services as notifications
from notifications.services import Draft
from scheduling.models import Patient


def say_at_once(
    patient: Patient,
    letter: Letter,
    *,
    channel: str,
    address: str,
    dedupe_key: str,
    of_use_for: timedelta,
    hint: str = "",
    is_urgent: bool = False,
    now: datetime,
    **line: Any,
) -> CareMessage:
    """With its line in the ledger, whose other fields are `line`. Said again under the same `dedupe_key`, it is the same answer.

    A `hint` follows a text. Requires a transaction.
    """
    draft = Draft(
        dedupe_key=dedupe_key,
        reference=f"patient-{patient.pk}",
        channel=channel,
        address=address,
        **letter.over(channel, hint),
        send_at=now,
        expires_at=now + of_use_for,
        is_urgent=is_urgent,
        time_zone=patient.time_zone,
    )
    [message] = notifications.schedule([draft], now=now)
    written, _is_new = CareMessage.objects.get_or_create(
        message=message, defaults={"patient": patient, "channel": channel, "planned_for": now, **line}
    )
    return written
