"""What an answer to a check-in says: a number, or that she is plainly well."""

from collections.abc import Sequence

from aftercare.domain.triage.denying import Marks, Passage
from aftercare.domain.triage.lexicon import NOWHERE

NUMBERS = {"ONE": 1, "TWO": 2, "THREE": 3}
DIGITS = {"1": 1, "2": 2, "3": 3}


def numbers_of(passages: Sequence[Passage]) -> set[int]:
    """Which of 1, 2 and 3 are answered; 0 stands for any other number that stands alone."""
    words = [word for passage in passages for word in passage.clause.words]
    if all(word[0].isdigit() for word in words):
        return {DIGITS.get(word, 0) for word in words}
    return {
        number
        for passage in passages
        for group, number in NUMBERS.items()
        for place in passage.places.get(group, NOWHERE)
        if _answers(passage, place, is_first=passage is passages[0] and place == 0)
    }


def _answers(passage: Passage, place: int, *, is_first: bool) -> bool:
    """Not “2 days”, “at 3” or “one side”."""
    if passage.has("COUNTED", place + 1):
        return False
    is_joined = passage.has("OR", place - 1) or passage.has("AND", place - 1)
    return is_first or passage.has("SAID", place - 1) or (is_joined and any(passage.has(group, place - 2) for group in NUMBERS))


def is_plainly_well(passages: Sequence[Passage], marks: Sequence[Marks], *, answered_one: bool) -> bool:
    """Every word says so, or is a courtesy, or denies a sign: nothing else is said."""
    says_so = answered_one
    for passage, mark in zip(passages, marks, strict=True):
        if passage.clause.asks:
            return False
        denies_a_sign = any(place in mark.denied for place in passage.signs)  # more than “no se ve bien”
        covered = set(mark.denied) if denies_a_sign else set()
        for group in ("FINE", "COURTESY", "NOT", "OR", "AND", "LIGHT", "TAIL", "GONE"):
            if group in ("NOT", "OR", "AND", "LIGHT", "GONE") and not denies_a_sign:
                continue
            for start in passage.places.get(group, NOWHERE):
                covered |= set(range(start, passage.end_of(group, start)))
                says_so = says_so or group == "FINE"
        covered |= set(passage.places.get("ONE", NOWHERE)) if answered_one else set()
        if set(range(len(passage.clause.words))) - covered:
            return False
    return says_so
