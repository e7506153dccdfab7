"""Who is found for what the desk types, and what she most likely comes for."""

from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery

from scheduling.fields import plain
from scheduling.models import Appointment, Course, Patient

SUGGESTED = 8
COUNTED = 100


def usual_treatment_of(patient: Patient) -> str:
    """What she is in the middle of, or else what she came for last."""
    open_courses = Course.objects.filter(patient=patient, ended_at=None, treatment__is_active=True).order_by("-started_at")
    booked = Appointment.objects.filter(patient=patient, course__treatment__is_active=True).order_by("-booked_at")
    found = open_courses.values_list("treatment", flat=True).first() or booked.values_list("course__treatment", flat=True).first()
    return str(found or "")


def found_by(q: str, now: datetime) -> dict[str, Any]:
    """At most SUGGESTED patients, those first whose name begins with what was typed, and how many there are."""
    q = q.replace("\0", "")[:200]
    if len(q.strip()) < 2:
        return {"q": q, "found": [], "count": None}
    matching = Patient.objects.matching(q)
    sessions = Appointment.objects.filter(patient=OuterRef("pk"))
    begins = Q(searchable__startswith=plain(q.split()[0])) | Q(searchable__startswith=plain(q.split()[-1]))
    ranked = matching.annotate(
        begins=ExpressionWrapper(begins, output_field=BooleanField()),
        next_at=Subquery(sessions.coming().filter(during__startswith__gte=now).order_by("during").values("during__startswith")[:1]),
        last_at=Subquery(sessions.fulfilled().order_by("-during").values("during__startswith")[:1]),
    )
    return {
        "q": q,
        "found": ranked.order_by("-begins", "last_name", "first_name", "pk")[:SUGGESTED],
        "count": matching.order_by()[: COUNTED + 1].count(),
        "counted": COUNTED,
    }
