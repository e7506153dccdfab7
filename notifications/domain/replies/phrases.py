"""Reading a clause phrase by phrase, in time that grows with its length only.

One pattern for a whole clause would try every way to cut “ok ok ok ok …” into phrases: forty such words would keep a server busy for good.
"""

import re
from collections.abc import Iterator


class Phrases:
    """Nothing but phrases of a kind, one or more."""

    def __init__(self, *patterns: str) -> None:
        self._phrase = re.compile("|".join(patterns))

    def fullmatch(self, clause: str) -> bool:
        return bool(clause) and _end_of(clause) in _after(self._phrase, clause, {0})


class Request:
    """What is asked, with what may stand before and after it; with `joined`, several in a row: “stop texting me and delete my number”."""

    def __init__(self, *, lead: str, core: str, tail: str, joined: str = "") -> None:
        self._lead, self._core, self._tail = re.compile(lead), re.compile(core), re.compile(tail)
        self._joined = re.compile(joined) if joined else None

    def fullmatch(self, clause: str) -> bool:
        asked: set[int] = set()
        starts = {0}
        while starts:
            ends = _ends(self._core, clause, starts | _after(self._lead, clause, starts)) - asked
            asked |= ends
            starts = _ends(self._joined, clause, ends) if self._joined else set()
        return _end_of(clause) in asked | _after(self._tail, clause, asked)


def _end_of(clause: str) -> int:
    """Positions are those at which words begin; behind the last word there would be one more."""
    return len(clause) + 1


def _after(phrase: re.Pattern[str], clause: str, starts: set[int]) -> set[int]:
    """Where one phrase or more, begun at one of `starts`, may have ended. No position is looked at twice."""
    found: set[int] = set()
    fresh = starts
    while fresh:
        fresh = _ends(phrase, clause, fresh) - found
        found |= fresh
    return found


def _ends(phrase: re.Pattern[str], clause: str, starts: set[int]) -> set[int]:
    begun = (start for start in starts if phrase.match(clause, start))
    return {end + 1 for start in begun for end in _word_ends(clause, start) if phrase.fullmatch(clause, start, end)}


def _word_ends(clause: str, start: int) -> Iterator[int]:
    while start < len(clause):
        space = clause.find(" ", start)
        end = space if space >= 0 else len(clause)
        yield end
        start = end + 1
