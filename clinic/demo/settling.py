"""Messages whose time lies in the past were sent then, not now. The demo's one write into the outbox besides skipping."""

from datetime import datetime

from django.db import connection
from django.db.models import CharField, F, UUIDField, Value
from django.db.models.functions import MD5, Cast, Concat
from django.db.models.query import QuerySet

from notifications.domain.states import MessageStatus, Verdict
from notifications.models import Message
from scheduling.models import Appointment, Patient


def mark_sent(appointment: Appointment, *, until: datetime) -> None:
    """Before the appointment is closed, which would take back what is still queued."""
    _mark_sent(Message.objects.filter(pk__in=appointment.caremessage_set.values("message")), until)


def mark_all_sent(patient: Patient, *, until: datetime) -> None:
    """Before she writes back, which may take back what is still queued."""
    _mark_sent(Message.objects.filter(pk__in=patient.caremessage_set.values("message")), until)


def settle(*, until: datetime) -> None:
    """Mark the rest as sent, give each its try, and date each message to when it was planned."""
    _mark_sent(Message.objects.all(), until)
    with connection.cursor() as cursor:
        cursor.execute(ATTEMPTS, {"accepted": Verdict.ACCEPTED.value})
        cursor.execute(PLANNED_AT)


def _mark_sent(messages: QuerySet[Message], until: datetime) -> None:
    messages.filter(status=MessageStatus.SCHEDULED.value, send_at__lt=until).update(
        status=MessageStatus.ACCEPTED.value,
        accepted_at=F("send_at"),
        attempts=1,
        token=Cast(MD5("dedupe_key"), UUIDField()),
        provider_id=Concat(Value("demo-"), MD5("dedupe_key"), output_field=CharField()),
    )


ATTEMPTS = """
INSERT INTO notifications_attempt (message_id, token, started_at, finished_at, verdict, provider_id, error_code)
SELECT id, token, accepted_at, accepted_at, %(accepted)s, provider_id, '' FROM notifications_message WHERE token IS NOT NULL
"""

PLANNED_AT = """
UPDATE notifications_message m
   SET created_at = least(m.send_at, coalesce(plan.completed_at, appointment.booked_at))
  FROM aftercare_caremessage care
  JOIN scheduling_appointment appointment ON appointment.id = care.appointment_id
  LEFT JOIN aftercare_plan plan ON plan.id = care.plan_id
 WHERE care.message_id = m.id AND care.stands_in_for_id IS NULL
"""
