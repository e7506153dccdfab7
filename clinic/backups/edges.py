"""What both commands have at their edges: the path that is typed, and being told to end."""

import signal
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def path(typed: str) -> Path:
    """Raises ArgumentTypeError where nothing is typed, as with a variable that isn't set: to Path that is the folder one is in."""
    if not typed:
        raise ArgumentTypeError("it is empty: no folder, and not the one that you are in.")
    return Path(typed)


@contextmanager
def told_to_end() -> Iterator[None]:
    """SIGTERM, as from `docker stop`, is heard as Ctrl-C is: whoever sent it reads what became of it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
