"""Claim, send, record: the claim and the record here, on the caller's thread; the sending beside it. No transaction awaits the network."""

import time
from collections.abc import Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone

from notifications.channels import Courier, Outcome
from notifications.domain.states import Verdict
from notifications.services.claiming import Claimed, claim_due
from notifications.services.recording import record_surely
from notifications.services.seeking import sought

# It is looked for what is urgent, while others wait for a turn at their channel's rate; for all, while a slow server has only a few.
LOOK_EVERY_SECONDS = 1
LAST_BEGIN_SECONDS = 30  # after a run should be over. What waits still goes with the next run: this one has a task's time limit


class Dispatched(NamedTuple):
    """Counts of one run; `more` says that the last batch was full, so another run is worth its while."""

    accepted: int = 0
    refused: int = 0
    set_aside: int = 0
    more: bool = False


def dispatch(*, now: datetime | None = None) -> Dispatched:
    """Send one batch of what is due and record what became of it."""
    return _run(now, time.monotonic(), inf)


def dispatch_until_idle(*, now: datetime | None = None, for_seconds: float | None = None) -> Dispatched:
    """Dispatch batch after batch until one comes back less than full, or no new one after `for_seconds`."""
    if for_seconds is None:
        return _run(now, inf, inf)
    over_at = time.monotonic() + for_seconds
    return _run(now, over_at, over_at + LAST_BEGIN_SECONDS)


def _run(now: datetime | None, over_at: float, last_begin_at: float) -> Dispatched:
    """The next batch is claimed while others are under way: as many as the channel takes, and up to two batches that wait their turn.

    With only one, the channel runs dry while the outcomes of another are written down. While there is no room for one, what is urgent is
    claimed all the same: the channel lets it go before all that wait. What falls due while only a few are still under way is claimed, too:
    a mail server that hangs keeps no text waiting.
    """
    size = _batch_size()
    counts = Counts()
    with Courier() as courier:
        try:
            is_claiming, looked_at = True, time.monotonic()
            while is_claiming or courier.under_way:
                may_claim = is_claiming or time.monotonic() < over_at
                has_room = may_claim and courier.under_way <= _room(courier, size)
                is_to_look = looked_at + LOOK_EVERY_SECONDS <= time.monotonic() < last_begin_at
                if (is_claiming and has_room) or is_to_look:
                    looked_at = time.monotonic()
                    claim = claim_due(size, only_urgent=not has_room, now=now)
                    if has_room:
                        counts.more = claim.seen == size
                        is_claiming = counts.more and time.monotonic() < over_at
                    counts.set_aside += claim.seen - len(claim.to_send)
                    deadline = min(claim.deadline, last_begin_at)
                    at_once = [message for message in claim.to_send if message.is_urgent and not message.is_late]
                    courier.send(at_once, deadline=deadline)  # looking for others at the provider takes a while
                    found, unsent = sought([message for message in claim.to_send if message not in at_once], courier)
                    courier.send(unsent, deadline=deadline)
                    _write_down(found, counts, now)
                else:
                    _write_down(courier.take(size), counts, now)
        except BaseException:
            if not connection.in_atomic_block:
                connection.close()  # a task's time limit may have broken into a statement
            raise
        finally:
            # Whatever went wrong: the provider has these, or hasn't, and that is written down while it is known.
            while courier.under_way:
                _write_down(courier.take(size), counts, now)
    return Dispatched(counts.accepted, counts.refused, counts.set_aside, counts.more)


class Counts:
    accepted = refused = set_aside = 0
    more = False


def _write_down(done: Sequence[tuple[Claimed, Outcome]], counts: Counts, now: datetime | None) -> None:
    if not done:
        return
    accepted = sum(outcome.verdict is Verdict.ACCEPTED for _, outcome in done)
    counts.accepted += accepted
    counts.refused += len(done) - accepted
    record_surely([claimed for claimed, _ in done], [outcome for _, outcome in done], now=now or timezone.now())


def _batch_size() -> int:
    if not settings.SMS_PER_SECOND:
        return int(settings.DISPATCH_BATCH_SIZE)
    return int(min(settings.DISPATCH_BATCH_SIZE, max(_most_at_the_rate() // 2, 1)))


def _room(courier: Courier, size: int) -> int:
    """With how many under way another batch is claimed."""
    room = min(settings.DISPATCH_IN_FLIGHT, courier.window) + size
    return max(min(room, _most_at_the_rate() - size), 0) if settings.SMS_PER_SECOND else room


def _most_at_the_rate() -> int:
    """As many as can leave well within the lease and a task's time, even where several workers share the rate."""
    return int(settings.SMS_PER_SECOND * settings.DISPATCH_LEASE_SECONDS // 8)
