"""What only an operator can mend: one open alarm per channel and code, however often it happens."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from notifications.channels import remedy
from notifications.models import Alarm
from notifications.services.outbox import Draft, schedule
from notifications.wording import ASK_THE_PROVIDER, OUR_REMEDIES, alarm_email

WORTH_READING = timedelta(days=2)

# One statement, so that two who raise it at once open one row. A row that was just inserted has no xmax.
RAISE = """
INSERT INTO notifications_alarm (channel, code, explanation, raised_at, last_at, times)
VALUES (%(channel)s, left(%(code)s, 40), left(%(explanation)s, 300), %(now)s, %(now)s, %(times)s)
ON CONFLICT (channel, code) WHERE cleared_at IS NULL
DO UPDATE SET times = notifications_alarm.times + excluded.times, last_at = greatest(notifications_alarm.last_at, excluded.last_at)
RETURNING id, xmax = 0
"""

# Of all who find it at once, one gets the row.
REMIND = """
INSERT INTO notifications_alarm (channel, code, explanation, raised_at, last_at, times)
VALUES (%(channel)s, left(%(code)s, 40), left(%(explanation)s, 300), %(now)s, %(now)s, 1)
ON CONFLICT (channel, code) WHERE cleared_at IS NULL
DO UPDATE SET times = notifications_alarm.times + 1, last_at = excluded.last_at, explanation = excluded.explanation
 WHERE notifications_alarm.last_at <= excluded.last_at - make_interval(secs => %(every)s)
RETURNING id
"""


@transaction.atomic
def raise_alarm(channel: str, code: str, explanation: str, *, times: int = 1, now: datetime | None = None) -> Alarm:
    """Open it and write to the operators, or count it so many times more where it is open. The explanation holds no address and no text."""
    now = now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(RAISE, {"channel": channel, "code": code, "explanation": explanation, "times": times, "now": now})
        pk, is_new = cursor.fetchone()
    alarm = Alarm.objects.get(pk=pk)
    if is_new:
        _write_to_operators(alarm, now)
    return alarm


@transaction.atomic
def remind_of(channel: str, code: str, explanation: str, *, every: timedelta, now: datetime | None = None) -> Alarm | None:
    """Open it, or, where it is open, take it that the operators are told once more: whoever gets the alarm tells them, nobody else.

    None where they were told within `every`. It is for what keeps the outbox itself from reaching them.
    """
    now = now or timezone.now()
    with connection.cursor() as cursor:
        seconds = every.total_seconds()
        cursor.execute(REMIND, {"channel": channel, "code": code, "explanation": explanation, "every": seconds, "now": now})
        row = cursor.fetchone()
    return Alarm.objects.get(pk=row[0]) if row else None


@transaction.atomic
def not_told_of(alarm: Alarm, *, every: timedelta) -> None:
    """They couldn't be reached: whoever asks next tells them."""
    Alarm.objects.filter(pk=alarm.pk).update(last_at=F("last_at") - every)


@transaction.atomic
def clear_alarm(channel: str, code: str, *, now: datetime | None = None) -> Alarm | None:
    """It is over by itself. Of all who find that at once, one gets the alarm; None where none was open."""
    alarm = Alarm.objects.select_for_update(skip_locked=True).filter(channel=channel, code=code, cleared_at=None).first()
    if alarm:
        alarm.cleared_at = now or timezone.now()
        alarm.save(update_fields=["cleared_at"])
    return alarm


@transaction.atomic
def clear_alarms(alarms: QuerySet[Alarm], *, now: datetime | None = None) -> int:
    """They are mended; should it happen again, a new one opens. Says how many were open."""
    return alarms.filter(cleared_at=None).update(cleared_at=now or timezone.now())


def remedy_for(alarm: Alarm) -> str:
    """What an operator must do about it. A code of our own may end with what it is about, after a comma."""
    return remedy(alarm.channel, alarm.code) or OUR_REMEDIES.get(alarm.code.partition(",")[0], ASK_THE_PROVIDER)


def _write_to_operators(alarm: Alarm, now: datetime) -> None:
    subject, body = alarm_email(
        alarm.get_channel_display(),
        alarm.explanation,
        remedy_for(alarm),
        f"{settings.PUBLIC_BASE_URL}/admin/notifications/alarm/{alarm.pk}/change/",
    )
    write_to_operators(f"alarm-{alarm.pk}", subject, body, until=now + WORTH_READING, now=now)


def write_to_operators(key: str, subject: str, body: str, *, until: datetime, now: datetime) -> None:
    """By the outbox, once for each key. As urgent: after an outage of the mail server all arrive, and not one an hour, three a day, as what
    is late otherwise does."""
    schedule(
        [
            Draft(f"{key}-{number}", "email", address, body, now, until, subject=subject, is_urgent=True)
            for number, address in enumerate(settings.OPERATOR_EMAILS, start=1)
        ],
        now=now,
    )
