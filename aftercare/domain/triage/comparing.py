"""What a text is like: the examples that somebody had to see, or the ordinary ones.

Words and pairs of words are counted in the examples of each kind, and a text is weighed by what it shares with them (naive Bayes). So
nobody needs to have thought of a patient's very words, and what isn't known as ordinary becomes a matter of doubt.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from itertools import accumulate, pairwise
from math import log

from aftercare.domain.triage.examples import Example, read_examples
from aftercare.domain.triage.levels import Level
from aftercare.domain.triage.passages import LEFT_OUT, Seen, see

BEGINNING = 5  # letters of a word that count, so that “swollen” and “swells”, “hinchada” and “hinchó” have something in common
STRETCH = 10  # words that are weighed together: what worries may be a clause in a long text about something else
SELDOM = 0.2  # in how many examples what stands in none is taken to stand
# The least weights, in natural logarithms of how many times likelier: of what somebody should see, of what somebody must see at once, and
# of the latter although a rule has named a sign in it that can wait. Chosen on examples that were kept from what is counted.
WORRYING = 0.2
URGENT = 0.2
URGENT_ALL_THE_SAME = 0.8

LEVELS = {"fine": Level.WORDS, "ordinary": Level.WORDS, "ambiguous": Level.SOON, "soon": Level.SOON, "urgent": Level.URGENT}
START, END, ASKED, NUMBER, NOT_THERE, LITTLE = "<", ">", "?", "#", "-", "="

Words = tuple[str, ...]


class Likeness:
    """How much more a text, of one word at least, is like the examples of one kind than like all others: above 0 more, below it less."""

    def __init__(self, these: Collection[Words], others: Collection[Words]) -> None:
        holding, held_by_others = _count(these), _count(others)
        share = len(these) / (len(these) + len(others))

        def weight(piece: str) -> float:
            """0 for what was never seen: it speaks for neither."""
            among_these = (holding[piece] + SELDOM * share) / len(these)
            among_others = (held_by_others[piece] + SELDOM * (1 - share)) / len(others)
            return log(among_these / among_others)

        self._weights = {piece: weight(piece) for piece in holding | held_by_others}

    def of(self, words: Words) -> float:
        """That of the stretch of words that is most like them."""
        alone = [0.0, *accumulate(self._weights.get(word, 0.0) for word in words)]
        in_pairs = [0.0, *accumulate(self._weights.get(pair, 0.0) for pair in _pairs(words))]
        length = min(STRETCH, len(words))
        starts = range(len(words) - length + 1)
        most = max(alone[start + length] - alone[start] + in_pairs[start + length - 1] - in_pairs[start] for start in starts)
        return most / (2 * length - 1)


class Comparison:
    def __init__(self, examples: Mapping[Example, Words]) -> None:
        self._worrying = _likeness(examples, {example for example in examples if not example.is_ordinary})
        self._urgent = _likeness(examples, {example for example in examples if example.label == Level.URGENT})
        self._known: dict[tuple[Words, bool], Level] = {}
        for example in sorted(examples, key=lambda example: list(LEVELS).index(example.label)):
            for asked in (True,) if example.is_answer else (False, True):
                self._known[examples[example], asked] = LEVELS[example.label]

    def level_of(self, seen: Seen, *, asked: bool, can_wait: bool) -> Level:
        """`can_wait`: so a rule says of a sign that it has named. A text that is one of the examples is what that is."""
        words = words_of(seen)
        if all(word in (START, END, ASKED) or word.startswith(NUMBER) for word in words):  # numbers say nothing of themselves
            return Level.WORDS
        if level := self._known.get((words, asked)):
            return level
        if self._worrying.of(words) <= WORRYING:
            return Level.WORDS
        return Level.URGENT if self._urgent.of(words) > (URGENT_ALL_THE_SAME if can_wait else URGENT) else Level.SOON


@cache
def ours() -> Comparison:
    """With all examples: made when the first text comes, in a second or so."""
    return Comparison(counted(read_examples()))


def counted(examples: Iterable[Example]) -> dict[Example, Words]:
    return {example: words_of(see(example.text)) for example in examples}


def words_of(seen: Seen) -> Words:
    return tuple(_words(seen))


def _words(seen: Seen) -> Iterator[str]:
    """The beginnings of its words, but numbers by their length. What is said not to be is one word, a sign that is little another."""
    for passage, mark in zip(seen.passages, seen.marks, strict=True):
        of_signs = {place for first, last in passage.signs.items() for place in range(first, last)}
        not_there = mark.denied if mark.denied & of_signs else frozenset()
        yield START
        for place, word in enumerate(passage.clause.words):
            if place in mark.of_others:
                yield LEFT_OUT
            elif place in not_there:
                if place - 1 not in not_there:
                    yield NOT_THERE
            elif place in mark.little & of_signs:
                yield LITTLE
            elif passage.is_number(place):
                yield NUMBER
            else:
                yield f"{NUMBER}{len(word)}" if word[0].isdigit() else word[:BEGINNING]
        yield ASKED if passage.clause.asks else END


def _likeness(words: Mapping[Example, Words], these: Collection[Example]) -> Likeness:
    return Likeness([words[example] for example in these], [told for example, told in words.items() if example not in these])


def _count(texts: Iterable[Words]) -> Counter[str]:
    """In how many of them each word and each pair of words is."""
    counts: Counter[str] = Counter()
    for words in texts:
        counts.update({*words, *_pairs(words)})
    return counts


def _pairs(words: Words) -> Iterator[str]:
    return (f"{one} {other}" for one, other in pairwise(words))
