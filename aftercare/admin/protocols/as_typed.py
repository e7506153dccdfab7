"""What a patient would get of a step as it is typed, before it is saved."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from aftercare.admin.protocols.previewed import by_days, messages_to_be
from aftercare.domain import protocol as domain
from aftercare.domain.protocol import Step
from aftercare.forms.previews import PreviewForm
from aftercare.forms.protocols import StepForm
from aftercare.models import Protocol

CHOSEN = ("ended_on", "ended_at", "nights", "language", "reached_by")  # of all that the protocol's own preview asks for
# What else on the page follows the typing, by its id.
OF_A_LANGUAGE = [f"{part}-{code}" for code, _called in settings.PATIENT_LANGUAGES for part in ("wrongs", "size")]
FOLLOW = ["advice", "in-words", *OF_A_LANGUAGE, *(f"preview-{name}-said" for name in CHOSEN)]


def as_typed(request: HttpRequest, protocol: Protocol, whole: domain.Protocol, form: StepForm, step: Step | None) -> dict[str, Any]:
    """`whole` is the protocol as it would be with the `step`."""
    chosen = PreviewForm({name: request.POST[name] for name in CHOSEN if name in request.POST})
    shown: dict[str, Any] = {
        "rows": {name: chosen.row(name) for name in CHOSEN},
        "follow": [*FOLLOW, *(f"{field.auto_id}-wrong" for field in form)],
        "language": chosen["language"].value(),
        "missing": [field.label for field in form if field.errors] if form.is_bound else [],
    }
    if step and chosen.is_valid() and not shown["missing"]:
        previewed = messages_to_be(protocol, chosen, whole)
        of_step = [one for one in previewed if one.telling.planned and one.telling.planned.step.slug == step.slug]
        shown["days"] = by_days(of_step, chosen, lambda one: "")
    return shown


def with_step(protocol: domain.Protocol, saved: Step | None, typed: Step | None) -> domain.Protocol:
    """As it would be with what is typed, in place of what is saved."""
    if typed is None or (typed == saved and typed.texts == saved.texts):
        return protocol
    steps = tuple(typed if saved and step.slug == saved.slug else step for step in protocol.steps)
    return replace(protocol, steps=steps if saved else (*steps, typed))
