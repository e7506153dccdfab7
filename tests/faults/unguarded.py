"""The engine with one guard taken out, so that the controls can show what it is there for."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from django.conf import settings

from notifications.channels.courier import Courier
from notifications.channels.transport import Outcome
from notifications.domain.states import Verdict
from notifications.services import claiming, dispatching, receiving, reconciling, recording


def leave_out(guard: str) -> None:
    GUARDS[guard]()


def _look() -> None:
    """Send again what is uncertain, at once and without asking the provider."""
    settings.SECOND_LOOK_SECONDS = settings.LOOK_AFTER_SECONDS = 0
    reconciling.seek = lambda messages, courier: [""] * len(messages)


def _lease_recovery() -> None:
    reconciling._give_up_lost_leases = lambda now: None


def _late_look() -> None:
    def unsought(claimed: Sequence[Any], courier: Any) -> tuple[list[Any], list[Any]]:
        return [], list(claimed)

    dispatching.sought = unsought


def _patience() -> None:
    """Results that can't be written down at once are dropped."""
    dispatching.record_surely = recording.record


def _isolation() -> None:
    """What fails in an unforeseen way isn't caught where it fails. A run that waits for it takes others for as long as it may: that is over
    before the story is."""

    async def outcome(self: Courier, message: Any, deadline: float) -> Outcome:
        transport = await self._transport(message.channel)
        return Outcome(Verdict.ACCEPTED, await transport.send(message))

    Courier._outcome = outcome
    settings.DISPATCH_RUN_SECONDS = 0.5


def _ranks() -> None:
    """Each word of the provider counts, whenever it comes."""
    receiving.status_after = lambda stands, news, is_superseded=False: news.status or stands


def _expiry() -> None:
    """What is worthless is neither set aside by the claim nor held back at its turn."""
    _claim("WHEN expires_at <= now THEN 'too late'", "")
    guarded = Courier.send

    def send(self: Courier, messages: Sequence[Any], *, deadline: float) -> None:
        guarded(self, [message._replace(begins_by=inf) for message in messages], deadline=deadline)

    Courier.send = send


def _claim(old: str, new: str) -> None:
    assert old in claiming.CLAIM, f"the claim doesn't say “{old}” any more: mend the control"
    claiming.CLAIM = claiming.CLAIM.replace(old, new)


GUARDS: dict[str, Callable[[], None]] = {
    "look": _look,
    "end of lease": _lease_recovery,
    "late look": _late_look,
    "isolation": _isolation,
    "patience": _patience,
    "ranks": _ranks,
    # Not a guard, but luck: two claims seldom meet. With it left out they always do.
    "luck": lambda: _claim("::timestamptz, now()) AS now\n", "::timestamptz, now()) AS now FROM pg_sleep(0.1)\n"),
    "skip locked": lambda: _claim("FOR UPDATE OF m SKIP LOCKED", ""),
    "pace": lambda: _claim("WHEN is_late AND NOT is_urgent THEN 'late'", ""),
    "expiry": _expiry,
    "quiet hours": lambda: _claim("WHEN wake_at IS NOT NULL THEN 'quiet'", ""),
}
