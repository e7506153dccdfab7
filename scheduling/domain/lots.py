"""Many, so many at once that memory stays small."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

AT_ONCE = 1000

One = TypeVar("One")


def in_lots(many: Iterable[One]) -> Iterator[list[One]]:
    """In their order; the last lot may be smaller, and none is empty."""
    left = iter(many)
    while lot := list(islice(left, AT_ONCE)):
        yield lot
