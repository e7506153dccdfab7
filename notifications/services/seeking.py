"""Looking at the provider for messages that it may have already."""

from collections.abc import Iterable, Sequence
from typing import Any

from notifications.channels import Courier, Outcome
from notifications.domain.states import Verdict
from notifications.models import Attempt
from notifications.services.claiming import Claimed


def seek(messages: Sequence[Any], courier: Courier) -> list[str | None]:
    """The id under which the provider has each message, "" if it has none, None if it can't be asked. In the same order.

    An id that another try brought home is another message's text, in the same words.
    """
    found = courier.find(messages)
    taken = _taken(provider_id for ids in found for provider_id in ids or ())
    answers: list[str | None] = []
    for ids in found:
        if ids is None:
            answers.append(None)
            continue
        own = next((provider_id for provider_id in ids if provider_id not in taken), "")
        taken.add(own)
        answers.append(own)
    return answers


def sought(claimed: Sequence[Claimed], courier: Courier) -> tuple[list[tuple[Claimed, Outcome]], list[Claimed]]:
    """Those of a batch that needn't or can't be sent now, with their outcome, and those that are to be sent."""
    suspects = [message for message in claimed if message.is_to_be_sought]
    outcomes = {
        message.message_id: Outcome(Verdict.ACCEPTED, provider_id, explanation="found at the provider")
        if provider_id
        else Outcome(Verdict.REFUSED_FOR_NOW, code="unasked", explanation="the provider can't be asked whether it has it")
        for message, provider_id in zip(suspects, seek(suspects, courier), strict=True)
        if provider_id != ""
    }
    known = [(message, outcomes[message.message_id]) for message in claimed if message.message_id in outcomes]
    return known, [message for message in claimed if message.message_id not in outcomes]


def _taken(provider_ids: Iterable[str]) -> set[str]:
    wanted = set(provider_ids)
    return {"", *Attempt.objects.filter(provider_id__in=wanted).values_list("provider_id", flat=True)} if wanted else {""}
