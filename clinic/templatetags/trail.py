from typing import Any

from django import template

from clinic.admin.trail import ON_A_HISTORY, lines_about
from scheduling.models import Patient

register = template.Library()


@register.inclusion_tag("trail/_of.html")
def trail_of(thing: Any) -> dict[str, Any]:
    """Who changed it and who looked at it; on a patient's page, all that concerns her."""
    lines = lines_about(thing)
    query = f"patient={thing.pk}" if isinstance(thing, Patient) else f"about={thing._meta.label_lower}&object={thing.pk}"
    return {"lines": lines, "query": query, "has_more": len(lines) == ON_A_HISTORY, "is_of_one_patient": isinstance(thing, Patient)}
