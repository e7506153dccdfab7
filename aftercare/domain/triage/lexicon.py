"""Words and groups of words, and where they stand in a clause."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from aftercare.domain.triage.reading import Clause, spelled_term
from aftercare.domain.triage.spelling import Spelling, spoken_forms

Term = tuple[str, ...]  # a word or several in a row; one that ends in * stands for any ending
Places = Mapping[int, frozenset[int]]  # where it begins → where it may end, behind its last word
NOWHERE: Places = {}
LONGEST_TERM = 5  # words


class Lexicon:
    """Finds every term of every group in one walk over a clause."""

    def __init__(self, groups: Mapping[str, Iterable[str]], spelled_out: Iterable[str] = (), everyday: Iterable[str] = ()) -> None:
        """Misspelled words are mended, but those of every day are what they are, however near to another: “alegría”, “leaving”."""
        self._whole: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        self._stems: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        of_signs = {word for text in spelled_out for word in spelled_term(text)}
        words = set(of_signs)
        for group, texts in groups.items():
            for text in texts:
                first, *others = spelled_term(text)
                words |= {word for word in (first, *others) if not word.endswith("*")}
                if first.endswith("*"):
                    self._stems[first[:-1]].append((group, tuple(others)))
                else:
                    self._whole[first].append((group, tuple(others)))
        self._everyday = {word for text in everyday for word in spelled_term(text)}
        self._known = words | self._everyday
        self._words = words
        self._of_all = Spelling(words, known=self._known)
        self._of_signs = Spelling(of_signs, known=self._known)

    def mended(self, clause: Clause) -> Clause:
        """With its misspelled words as the rules spell them."""
        return replace(clause, words=tuple(map(self._mended, clause.words)))

    def places(self, clause: Clause) -> dict[str, Places]:
        found: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        words = clause.words
        found["START"][0].add(0)
        found["END"][len(words)].add(len(words))
        for start, word in enumerate(words):
            if _is_a_fever(word):
                found["HOT-NUMBER"][start].add(start + 1)
                if re.fullmatch(r"\d+[.,]\d", word):  # no price has one digit behind the point
                    found["HOT-DECIMAL"][start].add(start + 1)
            for group, others in self._beginning_with(word):
                end = start + 1 + len(others)
                if end <= len(words) and all(map(_is, words[start + 1 : end], others)):
                    found[group][start].add(end)
        return {group: {start: frozenset(ends) for start, ends in places.items()} for group, places in found.items()}

    def _beginning_with(self, word: str) -> Iterable[tuple[str, Term]]:
        yield from self._whole.get(word, ())
        if word in self._everyday:  # “September” doesn't seep
            return
        for length in range(2, len(word) + 1):
            yield from self._stems.get(word[:length], ())

    def _mended(self, word: str) -> str:
        """“Flaking” isn't “flaming”: a word with an ending that the tables allow for is only taken for one that they spell out."""
        if word in self._known or word.removesuffix("s") in self._everyday:
            return word
        has_stem = self._has_stem(word)
        if not has_stem:
            for form in spoken_forms(word):
                if form in self._words or self._has_stem(form):
                    return form
        return (self._of_signs if has_stem else self._of_all).mended(word)

    def _has_stem(self, word: str) -> bool:
        return any(word[:length] in self._stems for length in range(2, len(word) + 1))


def _is_a_fever(word: str) -> bool:
    """A body temperature from 37.8 °C or 100 °F."""
    if not re.fullmatch(r"\d{2,3}(?:[.,]\d{1,2})?", word):
        return False
    degrees = float(word.replace(",", "."))
    return 37.8 <= degrees <= 43 or 100 <= degrees <= 109


def _is(word: str, term: str) -> bool:
    return word.startswith(term[:-1]) if term.endswith("*") else word == term
