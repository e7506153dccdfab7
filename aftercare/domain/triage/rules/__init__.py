"""The tables of the rules, as a clinician may read them: the flags, and what patients say in each language."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from aftercare.domain.triage.lexicon import Lexicon
from aftercare.domain.triage.phrases import Phrase
from aftercare.domain.triage.reading import spelled

HERE = Path(__file__).parent
LANGUAGES = ("english", "spanish")
OUR_OWN = {"START", "END", "HOT-NUMBER", "HOT-DECIMAL"}  # groups that no table holds
GROUP = re.compile(r"[A-Z][A-Z-]+")
DENIALS = {"NOT", "ISNT", "CANNOT", "no", "not", "dont", "cant"}


@dataclass(frozen=True, slots=True)
class Rule:
    """`about`: a flag's key, or "" for a doubt. `strength`: urgent, soon or plain."""

    about: str
    strength: str
    phrase: Phrase

    @property
    def denies_itself(self) -> bool:
        """It holds a “not” of its own: none before it counts."""
        return bool(DENIALS & self.phrase.names)


@dataclass(frozen=True, slots=True)
class Rules:
    lexicon: Lexicon
    signs: frozenset[str]  # groups of what may be said not to be
    turns: frozenset[str]  # words that a clause ends before
    by_first_word: Mapping[str, Sequence[Rule]]

    def beginning_with(self, names: Iterable[str]) -> Iterator[Rule]:
        """The rules whose phrases begin with one of these groups: no other can be found where only these are."""
        for name in names:
            yield from self.by_first_word.get(name, ())


@cache
def read_table(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))


def load() -> Rules:
    """All languages at once: many patients write in both."""
    groups: dict[str, list[str]] = defaultdict(list)
    signs: set[str] = set()
    rules: list[Rule] = []
    spelled_out: list[str] = []
    everyday: list[str] = []
    for table in map(read_table, LANGUAGES):
        signs |= set(table["signs"])
        spelled_out += table["spelling"]["words"]
        everyday += table["spelling"]["everyday"]
        for name, terms in [*table["signs"].items(), *table["words"].items(), ("IDIOM", table["idioms"]["words"])]:
            groups[name] += terms
        for about, phrases in [*table["flags"].items(), ("", {"soon": table["doubts"]["phrases"]})]:
            rules += [Rule(about, strength, Phrase.parse(text)) for strength, texts in phrases.items() for text in texts]
    for name in {name for rule in rules for name in rule.phrase.names} - set(groups) - OUR_OWN:
        groups[name] = [term for either in name.split("|") for term in _terms(either, groups)]
    by_first_word: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        by_first_word[rule.phrase.sides[0][0].name].append(rule)
    return Rules(Lexicon(groups, spelled_out, everyday), frozenset(signs), frozenset(map(spelled, groups["TURN"])), by_first_word)


def _terms(name: str, groups: Mapping[str, list[str]]) -> list[str]:
    if not GROUP.fullmatch(name):
        return [name]
    if name not in groups:
        raise ValueError(f"The rules know no group {name}.")
    return groups[name]
