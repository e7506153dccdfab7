"""When a course's patient is due again. Worked out from its appointments in the transaction that changed them, never by hand."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from scheduling.domain.cadence import RecallKind, due_on
from scheduling.models import Appointment, Course, Recall


@transaction.atomic
def refresh_recall(course: Course, *, now: datetime | None = None) -> Recall | None:
    """Open the recall of the course's last fulfilled session (F19, F20) and close the others; None where there is no such session."""
    now = now or timezone.now()
    Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    fulfilled = Appointment.objects.fulfilled().filter(course=course).order_by("-during")
    last = fulfilled.first()
    # A session that is no longer fulfilled asks nobody back.
    Recall.objects.filter(course=course).exclude(last_session__in=fulfilled).delete()
    others = Recall.objects.filter(course=course, closed_at=None)
    if last is None or course.ended_at:
        others.update(closed_at=now)
        return None
    others.exclude(last_session=last).update(closed_at=now)
    kind = RecallKind.MAINTENANCE if fulfilled.count() >= course.planned_sessions else RecallKind.NEXT_SESSION
    recall, _ = Recall.objects.update_or_create(
        last_session=last,
        defaults={
            "patient_id": course.patient_id,
            "course": course,
            "kind": kind.value,
            "last_session_on": last.local_day,
            "due_on": due_on(
                kind,
                last.local_day,
                recommended_within_days=course.treatment.recommended_within_days,
                maintenance_months=course.treatment.maintenance_months,
            ),
            "closed_at": None,
        },
    )
    return recall
