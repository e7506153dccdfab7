"""When to ask the provider what became of a message that it took and of which no word came."""

from datetime import datetime, timedelta

FIRST = timedelta(hours=1)
LAST = timedelta(hours=72)
GRACE = timedelta(hours=24)  # where the provider itself can't be reached at the end: that is no silence of the message's


def first_poll_at(accepted_at: datetime) -> datetime:
    return accepted_at + FIRST


def next_poll_at(accepted_at: datetime, now: datetime, *, is_answered: bool) -> datetime | None:
    """Each time after half as long again as it has been silent, the last time at 72 h; None once that is over.

    A question that the provider didn't answer is asked again in an hour.
    """
    silent_for = now - accepted_at
    if silent_for >= (LAST if is_answered else LAST + GRACE):
        return None
    if not is_answered:
        return now + FIRST
    return min(now + max(silent_for / 2, FIRST), accepted_at + LAST)
