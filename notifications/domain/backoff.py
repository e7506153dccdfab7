"""How long to wait before the next try."""

from datetime import timedelta

FIRST = timedelta(seconds=30)
LONGEST = timedelta(minutes=60)


def backoff(attempts: int, jitter: float, first: timedelta = FIRST) -> timedelta:
    """The pause after the `attempts`-th try (from 1): `first` doubled up to 60 min, of which `jitter` (0 to 1) takes away up to a half."""
    full = min(first * 2 ** min(attempts - 1, 10), LONGEST)
    return full * (1 - jitter / 2)
