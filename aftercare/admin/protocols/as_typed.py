"""What a patient would get of a step as it is typed, before it is saved."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from aftercare.admin.protocols.pages import about
from aftercare.admin.protocols.previewed import by_days, messages_to_be
from aftercare.admin.protocols.words import in_words
from aftercare.domain.checking import Surroundings, problems_in
from aftercare.domain.protocol import Step
from aftercare.domain.remarks import remarks_on
from aftercare.forms.previews import PreviewForm
from aftercare.forms.protocols import StepForm
from aftercare.models import Protocol

CHOSEN = ("ended_on", "ended_at", "nights", "language")  # of all that the protocol's own preview asks for


def as_typed(request: HttpRequest, protocol: Protocol, saved: Step | None, form: StepForm, around: Surroundings) -> dict[str, Any]:
    """`saved` is the step in whose place it stands."""
    chosen = PreviewForm({name: request.POST[name] for name in CHOSEN if name in request.POST})
    shown: dict[str, Any] = {
        "rows": {name: chosen.row(name) for name in CHOSEN},
        "ids": [chosen[name].auto_id for name in CHOSEN],
        "language": chosen["language"].value(),
    }
    step = saved if not form.is_bound else form.step() if form.is_valid() else None
    if step is None:
        missing = [field.label for field in form if field.errors] if form.is_bound else []
        return shown | {"missing": missing}
    whole = replace(protocol.as_domain(), steps=_with(protocol.as_domain().steps, saved, step))
    problems = problems_in(whole, around)
    shown |= {"words": in_words(step), "problems": [*about(problems, ""), *about(problems, step.slug)], "remarks": remarks_on(step)}
    if chosen.is_valid():
        previewed = messages_to_be(protocol, chosen, whole)
        of_step = [one for one in previewed if one.telling.planned and one.telling.planned.step.slug == step.slug]
        shown["days"] = by_days(of_step, chosen, lambda one: "")
    return shown


def _with(steps: Sequence[Step], saved: Step | None, typed: Step) -> tuple[Step, ...]:
    if saved is None:
        return (*steps, typed)
    return tuple(typed if step.slug == saved.slug else step for step in steps)
