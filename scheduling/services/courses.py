"""A patient's course of treatment."""

from datetime import datetime
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.formats import date_format

from scheduling.errors import TooSoon
from scheduling.models import Appointment, Course, Patient, Treatment
from scheduling.services.saving import save_or_refuse


def open_course(patient: Patient, treatment: Treatment, now: datetime) -> Course:
    """The patient's open course of this treatment, or a new one. Requires a transaction.

    Locked, so that its interval can't change between this look and the booking that rests on it.
    """
    course, _ = Course.objects.select_for_update(no_key=True).get_or_create(
        patient=patient,
        treatment=treatment,
        ended_at=None,
        defaults={
            "skin_area": treatment.skin_area,
            "planned_sessions": treatment.planned_sessions,
            "minimum_interval_days": treatment.minimum_interval_days,
            "started_at": now,
        },
    )
    return course


@transaction.atomic
def set_minimum_interval(course: Course, days: int, *, by: User | None = None, now: datetime | None = None) -> Course:
    """Change the days between this course's sessions, 28 to 42 (F19), from the last completed session on.

    The coming appointments' recovery follows in the same transaction. Raises TooSoon, and changes nothing, where one of them would
    then come too early: it has to be moved first.
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course.pk)
    course.minimum_interval_days = days
    course.full_clean(validate_unique=False, validate_constraints=False)
    course.save(update_fields=["minimum_interval_days"])
    sessions = Appointment.objects.select_for_update(of=("self",), no_key=True).select_related("patient").filter(course=course)
    last = sessions.fulfilled().order_by("-during").first()
    following = [*([last] if last else []), *sessions.coming().order_by("during")]
    for appointment in following:
        appointment.minimum_interval_days = days
        try:
            save_or_refuse(appointment, partial(appointment.save, update_fields=["minimum_interval_days"]))
        except TooSoon as refusal:
            day = date_format(appointment.local_day, "F j, Y")
            raise TooSoon(
                f"With {days} days the session on {day} would be too close to the next one. Move that one first.",
                refusal.earliest,
            ) from refusal
    return course
