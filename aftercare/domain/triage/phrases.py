"""What the rules look for: words in a row with little between them, or words that stand near one another."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from aftercare.domain.triage.lexicon import LONGEST_TERM, NOWHERE, Places

BETWEEN = 2  # words that may stand between two words of a phrase
NEAR = 5  # words that may stand between the two sides of a +
LONGEST_SIDE = 4 * (LONGEST_TERM + BETWEEN)  # words

Span = tuple[int, int]  # the number of the first word, and of the one behind the last


@dataclass(frozen=True, slots=True)
class Element:
    """`name` is a group of words, or a word; `follows_at_once`: nothing may stand between it and the one before."""

    name: str
    follows_at_once: bool = False


Side = tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """“NOT STOP BLEED”: in this order. “VERY_RED”: directly so. “PAIN + STRONG”: near one another. “? NORMAL”: in a question.

    The first side of a + is the sign, the others say how much of it there is, or where.
    """

    text: str
    sides: tuple[Side, ...]
    is_question: bool

    @classmethod
    def parse(cls, text: str) -> "Phrase":
        sides = tuple(_side(side) for side in text.removeprefix("? ").split(" + "))
        return cls(text, sides, text.startswith("? "))

    @property
    def names(self) -> set[str]:
        return {element.name for side in self.sides for element in side}

    def found(self, places: Mapping[str, Places], *, without: Container[int] = ()) -> list[tuple[Span, ...]]:
        """Each time that it stands there, the place of each side, none of which is made of words `without` it."""
        spans = []
        for side in self.sides:
            rows = _in_a_row(side, places).items()
            spans.append({start: end for start, end in rows if not any(number in without for number in range(start, end))})
            if not spans[-1]:
                return []
        signs, *others = spans
        found = []
        for sign in signs.items():
            near = [_nearest(sign, other) for other in others]
            if all(near):
                found.append((sign, *(span for span in near if span)))
        return found


def _side(text: str) -> Side:
    elements: list[Element] = []
    for word in text.split():
        first, *close = word.split("_")
        elements += [Element(first), *(Element(other, follows_at_once=True) for other in close)]
    return tuple(elements)


def _in_a_row(side: Side, places: Mapping[str, Places]) -> dict[int, int]:
    spans = {}
    for start, reached in places.get(side[0].name, NOWHERE).items():
        ends = set(reached)
        for element in side[1:]:
            theirs = places.get(element.name, NOWHERE)
            gap = 0 if element.follows_at_once else BETWEEN
            starts = {end + between for end in ends for between in range(gap + 1)}
            ends = {end for place in starts for end in theirs.get(place, ())}
        if ends:
            spans[start] = min(ends)
    return spans


def _nearest(sign: Span, others: Mapping[int, int]) -> Span | None:
    """Only the places within reach are looked at, so that a text full of signs takes no longer than any of its length."""
    start, end = sign
    within_reach = range(start - NEAR - LONGEST_SIDE, end + NEAR + 1)
    near = [(place, others[place]) for place in within_reach if place in others and _distance(sign, (place, others[place])) <= NEAR]
    return min(near, key=lambda other: _distance(sign, other), default=None)


def _distance(one: Span, other: Span) -> int:
    return max(other[0] - one[1], one[0] - other[1], 0)
