"""Looking at the provider for messages that it may have already."""

from collections.abc import Iterable, Sequence
from typing import Any

from notifications.channels import Courier, Outcome
from notifications.domain.states import Verdict
from notifications.models import Attempt
from notifications.services.claiming import Claimed

UNASKED = "unasked"  # the code of a try that came to nothing because the provider couldn't be asked


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
    suspects = _suspects(claimed)
    outcomes = {
        message.message_id: Outcome(Verdict.ACCEPTED, provider_id, explanation="found at the provider")
        if provider_id
        else Outcome(Verdict.REFUSED_FOR_NOW, code=UNASKED, explanation="the provider can't be asked whether it has it")
        for message, provider_id in zip(suspects, seek(suspects, courier), strict=True)
        if provider_id != ""
    }
    known = [(message, outcomes[message.message_id]) for message in claimed if message.message_id in outcomes]
    return known, [message for message in claimed if message.message_id not in outcomes]


def _suspects(claimed: Sequence[Claimed]) -> list[Claimed]:
    """First tries that go late: after an outage or a restored backup the provider may have it, though nothing here knows.

    A try that ended with this question unanswered was none: it is asked again.
    """
    late = [message for message in claimed if message.is_late]
    again = [message for message in late if message.attempts > 1]
    tries = Attempt.objects.filter(message_id__in=[message.message_id for message in again])
    others = tries.exclude(token__in=[message.token for message in again]).exclude(error_code=UNASKED)
    tried = set(others.values_list("message_id", flat=True)) if again else set()
    return [message for message in late if message.message_id not in tried]


def _taken(provider_ids: Iterable[str]) -> set[str]:
    wanted = set(provider_ids)
    return {"", *Attempt.objects.filter(provider_id__in=wanted).values_list("provider_id", flat=True)} if wanted else {""}
