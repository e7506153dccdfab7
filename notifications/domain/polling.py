"""When to ask the provider what became of a message that it took and of which no word came."""

from datetime import datetime, timedelta

FIRST = timedelta(hours=1)
LAST = timedelta(hours=72)


def first_poll_at(accepted_at: datetime) -> datetime:
    return accepted_at + FIRST


def next_poll_at(accepted_at: datetime, now: datetime) -> datetime | None:
    """Each time after half as long again as it has been silent, the last time at 72 h; None once that is over."""
    silent_for = now - accepted_at
    if silent_for >= LAST:
        return None
    return min(now + max(silent_for / 2, FIRST), accepted_at + LAST)
