"""What staff should know about a booking that is allowed all the same."""

from django.utils.formats import date_format

from scheduling.models import Appointment
from scheduling.models.patients import ADULT_AT


def warnings_of(appointment: Appointment) -> list[str]:
    """In words, none when all is well."""
    patient, course = appointment.patient, appointment.course
    warnings = []
    if patient.age_on(appointment.local_day) < ADULT_AT:
        warnings.append(
            f"{patient.first_name} will be under {ADULT_AT}: microneedling devices are authorized for adults of {ADULT_AT} and over."
        )
    if patient.hyperpigmentation_risk:  # F14
        warnings.append(f"{patient.first_name} tends to dark patches after treatment.")
    if patient.active_products:  # F8
        warnings.append(f"{patient.first_name} uses {patient.active_products}, which can irritate the skin as well.")
    earlier = Appointment.objects.fulfilled().filter(course=course, during__startswith__lt=appointment.starts_at)
    last = earlier.order_by("-during").first()
    within = course.treatment.recommended_within_days
    is_in_course = earlier.count() < course.planned_sessions
    if last and is_in_course and (appointment.local_day - last.local_day).days > within:  # F19
        since = date_format(last.local_day, "F j, Y")
        warnings.append(f"That is more than {within} days after the last session on {since}: past the recommended window.")
    return warnings
