"""A new version of a protocol, from its beginning until it is published. Only one is made of each at a time."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from aftercare.domain import protocol as domain
from aftercare.errors import ChangedMeanwhile, NameTaken, NotADraft, StepGone
from aftercare.models import Protocol, ProtocolStep
from aftercare.services.protocols.loading import next_version, write_step, write_steps
from scheduling.models import Treatment
from scheduling.services.staff import staff_name

LONGEST_SLUG = 50
STEP_GONE = "Somebody else has removed this step meanwhile."


@transaction.atomic
def begin_protocol(
    name: str, *, treatments: Iterable[Treatment] = (), like: Protocol | None = None, by: User | None, now: datetime
) -> Protocol:
    """The draft of a wholly new protocol, without a step or with those of another. Raises NameTaken."""
    slug = slugify(name)[:LONGEST_SLUG]
    if not slug:
        raise NameTaken("Please give it a name with letters from A to Z in it.")
    made, is_new = Protocol.objects.get_or_create(slug=slug, version=1, defaults={"name": name, "made_by": by, "made_at": now})
    if not is_new:
        raise NameTaken(f"There is a protocol of that name already, “{made.name}”: make a new version of it, or choose another name.")
    made.treatments.set(treatments)
    if like:
        write_steps(made, like.as_domain().steps)
    return made


@transaction.atomic
def draft_of(protocol: Protocol, *, by: User | None, now: datetime) -> Protocol:
    """The next version, to be changed: the one that somebody has begun already, or a copy of `protocol`."""
    # Whoever asks at the same moment waits here, and finds it.
    list(Protocol.objects.select_for_update(no_key=True).filter(slug=protocol.slug).order_by("pk"))
    begun = Protocol.objects.filter(slug=protocol.slug, published_at=None).first()
    if begun:
        return begun
    draft = Protocol.objects.create(slug=protocol.slug, version=next_version(protocol.slug), name=protocol.name, made_by=by, made_at=now)
    draft.treatments.set(protocol.treatments.all())
    write_steps(draft, protocol.as_domain().steps)
    return draft


@transaction.atomic
def discard(draft: Protocol) -> None:
    """It was never used. Raises NotADraft."""
    held(draft).delete()


@transaction.atomic
def describe(draft: Protocol, *, name: str, treatments: Iterable[Treatment], note: str, seen: str) -> Protocol:
    """Raises NotADraft, and ChangedMeanwhile where it isn't any more what was `seen`."""
    held_draft = held(draft)
    if seen != details_seen(held_draft):
        raise ChangedMeanwhile(_changed("the name, the treatments or the note"))
    held_draft.name, held_draft.note = name, note
    held_draft.save(update_fields=["name", "note"])
    held_draft.treatments.set(treatments)
    return held_draft


@transaction.atomic
def add_step(draft: Protocol, step: domain.Step) -> ProtocolStep:
    """At the end. Raises NotADraft or NameTaken."""
    held_draft = held(draft)
    _require_a_free_name(held_draft, step.slug)
    last = held_draft.steps.last()
    row = ProtocolStep(protocol=held_draft, position=last.position + 1 if last else 1)
    write_step(row, step)
    return row


@transaction.atomic
def change_step(row: ProtocolStep, step: domain.Step, *, seen: str) -> ProtocolStep:
    """Raises NotADraft, StepGone, NameTaken, and ChangedMeanwhile where it isn't any more what was `seen`."""
    held_draft = held(row.protocol)
    held_row = _step_of(held_draft, row)
    if seen != step_seen(held_row.as_domain()):
        raise ChangedMeanwhile(_changed("this step"))
    if step.slug != held_row.slug:
        _require_a_free_name(held_draft, step.slug)
    write_step(held_row, step)
    return held_row


@transaction.atomic
def remove_step(row: ProtocolStep) -> None:
    """Raises NotADraft or StepGone."""
    _step_of(held(row.protocol), row).delete()


@transaction.atomic
def shift_step(row: ProtocolStep, by: int) -> None:
    """Earlier (-1) or later (1) in the list, which is the order in which people read it. Raises NotADraft or StepGone."""
    draft = held(row.protocol)
    steps = list(draft.steps.all())
    here = steps.index(_step_of(draft, row))
    there = min(max(here + by, 0), len(steps) - 1)
    steps.insert(there, steps.pop(here))
    for position, step in enumerate(steps, start=1):
        step.position = position
    ProtocolStep.objects.bulk_update(steps, ["position"])


def step_seen(step: domain.Step) -> str:
    """What a page that shows it remembers it by: another one once anything of it has changed."""
    return _short(repr((step, sorted(step.texts.items()))))


def details_seen(protocol: Protocol) -> str:
    return _short(repr((protocol.name, protocol.note, sorted(protocol.treatments.values_list("pk", flat=True)))))


def held(draft: Protocol) -> Protocol:
    """The draft as it is now, locked: one at a time changes it or publishes it. Requires a transaction. Raises NotADraft."""
    found = Protocol.objects.select_for_update(no_key=True).filter(pk=draft.pk).first()
    if found is None:
        raise NotADraft("This draft was discarded meanwhile.")
    if found.published_at:
        who = f" by {staff_name(found.published_by)}" if found.published_by else ""
        when = timezone.localtime(found.published_at)
        raise NotADraft(f"{found} was published{who} at {when:%-I:%M %p} on {when:%b} {when.day}. To change anything, make a new version.")
    return found


def _step_of(draft: Protocol, row: ProtocolStep) -> ProtocolStep:
    found = draft.steps.filter(pk=row.pk).first()
    if found is None:
        raise StepGone(STEP_GONE)
    return found


def _require_a_free_name(draft: Protocol, slug: str) -> None:
    if draft.steps.filter(slug=slug).exists():
        raise NameTaken(f"There is a step “{slug}” already: choose another name.")


def _changed(what: str) -> str:
    return f"Somebody else has changed {what} meanwhile. What you typed is still here: saving again puts it in place of theirs."


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
