from typing import Any

from django import template

from clinic.admin.trail import ON_A_HISTORY, lines_about
from clinic.shown import MODELS
from clinic.trailed import TRAILED
from scheduling.models import Patient

register = template.Library()


ON_TRAIL = {*(trailed.about for trailed in TRAILED), *MODELS}


@register.filter
def is_on_trail(opts: Any) -> bool:
    """Whether anything of that model comes onto it: who changes it, or who looks at it."""
    return opts.label_lower in ON_TRAIL


@register.inclusion_tag("trail/_of.html")
def trail_of(thing: Any) -> dict[str, Any]:
    """Who changed it and who looked at it; on a patient's page, all that concerns her."""
    lines = lines_about(thing)
    query = f"patient={thing.pk}" if isinstance(thing, Patient) else f"about={thing._meta.label_lower}&object={thing.pk}"
    return {"lines": lines, "query": query, "has_more": len(lines) == ON_A_HISTORY, "is_of_one_patient": isinstance(thing, Patient)}
