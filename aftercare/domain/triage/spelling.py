"""A misspelled word is taken for the word of the rules that it is one slip away from, or that sounds the same."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

SHORTEST = 6  # letters, each once: “fever” and “never” are one slip apart, too
# What is written as it is heard in Spanish: “zangre”, “fievre”, “bomito”, “inchada”.
SOUNDS = [
    (re.compile(written), heard)
    for written, heard in [(r"c(?=[ei])|z|x", "s"), (r"g(?=[ei])", "j"), (r"qu(?=[ei])|k", "c"), (r"v", "b"), (r"(?<!c)h", "")]
]
DOUBLED = re.compile(r"(.)\1+")


class Spelling:
    """One letter too many, too few, wrong or swapped with its neighbor; the first one stands. Words that are `known` are as they should be.

    A look-up costs as many steps as the word has letters, however many words there are.
    """

    def __init__(self, words: Iterable[str], *, known: Collection[str]) -> None:
        self._known = frozenset(known)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        self._sounding = {sounded(word): word for word in sorted(words, reverse=True) if len(word) >= SHORTEST - 1}
        for word in sorted(word for word in words if len(word) >= SHORTEST):
            for shorter in _shortened(word):
                self._shortened[shorter].append(word)

    def mended(self, word: str) -> str:
        if word in self._known or len(word) < SHORTEST - 1:
            return word
        if same := self._sounding.get(sounded(word)):
            return same
        for shorter in _shortened(word):
            for meant in self._shortened.get(shorter, ()):
                if meant[0] == word[0] and _is_one_slip(word, meant):
                    return meant
        return word


def sounded(word: str) -> str:
    for pattern, sound in SOUNDS:
        word = pattern.sub(sound, word)
    return DOUBLED.sub(r"\1", word)


def spoken_forms(word: str) -> Iterator[str]:
    """What else it may be in Spanish: “hinchao” is “hinchado”, and “sequita” is “seca”."""
    if len(word) < SHORTEST - 1:
        return
    if ending := re.search(r"aos?$", word):
        yield f"{word[: ending.start()]}ado{'s' if word.endswith('s') else ''}"
    if len(word) >= SHORTEST and (ending := re.search(r"(c?)it([oa]s?)$", word)):
        root = word[: ending.start()]
        if ending[1]:  # “dolorcito”, “fiebrecita”
            yield root
        else:
            root = f"{root[:-2]}c" if root.endswith("qu") else root
            yield root + ending[2]


def _shortened(word: str) -> list[str]:
    return [word, *(word[:position] + word[position + 1 :] for position in range(len(word)))]


def _is_one_slip(word: str, meant: str) -> bool:
    if word == meant:
        return True
    start = next((place for place, (one, other) in enumerate(zip(word, meant, strict=False)) if one != other), min(len(word), len(meant)))
    one, other = word[start:], meant[start:]
    return one[1:] == other or one == other[1:] or one[1:] == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])
