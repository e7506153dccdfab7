"""What became of the messages, by location and practitioner."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from notifications.domain.states import TAKEN, MessageStatus
from scheduling.reports import limited_to
from scheduling.reports.outcomes import Asked, Cell
from scheduling.reports.outcomes.asked import Adds

MESSAGES = """
SELECT a.location_id, a.practitioner_id,
       count(*) FILTER (WHERE m.channel = 'sms' AND m.status = ANY(%(went_out)s)),
       count(*) FILTER (WHERE m.channel = 'sms' AND m.status = %(delivered)s),
       count(*) FILTER (WHERE m.channel = 'email' AND m.status = ANY(%(went_out)s)),
       count(*) FILTER (WHERE m.status = ANY(%(failed)s))
  FROM aftercare_caremessage l
  JOIN notifications_message m ON m.id = l.message_id
  LEFT JOIN scheduling_appointment a ON a.id = l.appointment_id{course}
 WHERE l.planned_for >= %(earliest)s AND l.planned_for < %(latest)s
   AND (l.planned_for AT TIME ZONE coalesce(a.time_zone, %(zone)s))::date >= %(first)s
   AND (l.planned_for AT TIME ZONE coalesce(a.time_zone, %(zone)s))::date < %(end)s{where}
 GROUP BY 1, 2
"""
COURSE = " LEFT JOIN scheduling_course c ON c.id = a.course_id"
FAILED = (MessageStatus.UNDELIVERED, MessageStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Delivered(Adds):
    """`texts` and `emails` that the provider took. Only of texts it says whether they were `delivered`. `failed`, of both: not delivered,
    or refused for good."""

    texts: int = 0
    delivered: int = 0
    emails: int = 0
    failed: int = 0


def delivered(asked: Asked, *, seconds: float | None = None) -> dict[Cell, Delivered]:
    """Of the messages planned for those months, by the session that they are about. Raises TooSlow."""
    values = asked.values() | {
        "went_out": [status.value for status in {*TAKEN, MessageStatus.UNDELIVERED}],
        "delivered": MessageStatus.DELIVERED.value,
        "failed": [status.value for status in FAILED],
        "zone": settings.TIME_ZONE,
    }
    course = COURSE if asked.treatment is not None else ""
    with limited_to(seconds or settings.PAGE_SECONDS), connection.cursor() as cursor:
        cursor.execute(MESSAGES.format(course=course, where=asked.where("a", "c.treatment_id")), values)
        counted = {(location, practitioner): Delivered(*numbers) for location, practitioner, *numbers in cursor.fetchall()}
    return {cell: numbers for cell, numbers in counted.items() if numbers != Delivered()}
