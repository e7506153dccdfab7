"""A draft becomes the version that sessions follow from then on; a protocol goes out of use."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from aftercare.errors import NotReady, StillNeeded
from aftercare.models import Protocol
from aftercare.services.protocols.checking import problems_of
from aftercare.services.protocols.drafts import held


@transaction.atomic
def publish(protocol: Protocol, *, by: User | None, now: datetime) -> Protocol:
    """From `now` on completed sessions follow it, and nothing of it can change any more. Plans under way keep their version.

    Raises NotADraft, and NotReady with the problems.
    """
    _hold_those_in_use()
    draft = held(protocol)
    problems = problems_of(draft)
    if problems:
        raise NotReady("It can’t be published yet: see what must be mended.", problems)
    draft.published_at, draft.published_by = now, by
    draft.save(update_fields=["published_at", "published_by"])
    return draft


@transaction.atomic
def retire(protocol: Protocol, *, by: User | None, now: datetime) -> Protocol:
    """No session completed from `now` on follows it, in whichever version; plans under way go on. Raises StillNeeded."""
    _hold_those_in_use()
    if refusal := why_not_retire(protocol):
        raise StillNeeded(refusal)
    retired = Protocol.objects.get(pk=protocol.pk)
    retired.retired_at, retired.retired_by = now, by
    retired.save(update_fields=["retired_at", "retired_by"])
    return retired


def why_not_retire(protocol: Protocol) -> str:
    """A sentence where it can't go out of use, "" where it can."""
    in_use = Protocol.objects.in_use()
    if not in_use.filter(pk=protocol.pk).exists():
        return f"{protocol} isn’t in use."
    if not in_use.exclude(pk=protocol.pk).filter(treatments=None).exists() and not protocol.treatments.exists():
        return "It is the only protocol for every treatment. Publish another one for every treatment first."
    return ""


def _hold_those_in_use() -> None:
    """Two who publish or retire different protocols mustn't leave sessions without any."""
    list(Protocol.objects.select_for_update(no_key=True).exclude(published_at=None).order_by("pk").values_list("pk"))
