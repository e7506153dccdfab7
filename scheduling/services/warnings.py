"""What staff should know about a booking that is allowed all the same."""

from datetime import date, timedelta

from django.utils.formats import date_format

from scheduling.models import Appointment, Patient
from scheduling.models.patients import ADULT_AT


def warnings_of(appointment: Appointment) -> list[str]:
    """In words, none when all is well."""
    course = appointment.course
    earlier = Appointment.objects.blocking().filter(course=course, during__startswith__lt=appointment.starts_at).order_by("during")
    days = [session.local_day for session in earlier]
    last_day = None
    if days and len(days) < course.planned_sessions:
        last_day = days[-1] + timedelta(days=course.treatment.recommended_within_days)
    return warnings_on(appointment.local_day, appointment.patient, after=days[-1] if days else None, last_day=last_day)


def warnings_on(day: date, patient: Patient, *, after: date | None, last_day: date | None) -> list[str]:
    """For a session on `day`, booked or not: the course's one before it was `after`, and until `last_day` the next is recommended."""
    warnings = []
    if patient.age_on(day) < ADULT_AT:
        warnings.append(
            f"{patient.first_name} will be under {ADULT_AT}: microneedling devices are authorized for adults of {ADULT_AT} and over."
        )
    if patient.hyperpigmentation_risk:  # F14
        warnings.append(f"{patient.first_name} tends to dark patches after treatment.")
    if patient.active_products:  # F8
        warnings.append(f"{patient.first_name} uses {patient.active_products}, which can irritate the skin as well.")
    if after and last_day and day > last_day:  # F19
        since, within = date_format(after, "F j, Y"), (last_day - after).days
        warnings.append(f"That is more than {within} days after the session on {since}: past the recommended window.")
    return warnings
