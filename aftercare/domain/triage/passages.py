"""A text as the rules see it: its clauses with the groups of words in them, and what is said not to be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aftercare.domain.triage.denying import Marks, Passage, marks_of
from aftercare.domain.triage.lexicon import NOWHERE
from aftercare.domain.triage.reading import Clause, Said, read
from aftercare.domain.triage.rules import load

RULES = load()
LEFT_OUT = "~"


@dataclass(frozen=True, slots=True)
class Seen:
    said: Said
    passages: Sequence[Passage]
    marks: Sequence[Marks]

    def names(self, *groups: str) -> bool:
        return any(passage.places.get(group) for passage in self.passages for group in groups)


def see(text: str) -> Seen:
    said = read(text, turns=RULES.turns)
    passages = [_passage(clause) for clause in said.clauses]
    return Seen(said, passages, marks_of(passages))


def _passage(clause: Clause) -> Passage:
    """With what is said of something else altogether left out: “dying to see you”, “hot yoga”."""
    mended = RULES.lexicon.mended(clause)
    places = RULES.lexicon.places(mended)
    idioms = places.get("IDIOM", NOWHERE)
    if idioms:
        covered = {place for start, ends in idioms.items() for place in range(start, max(ends))}
        mended = replace(mended, words=tuple(LEFT_OUT if place in covered else word for place, word in enumerate(mended.words)))
        places = RULES.lexicon.places(mended) | {"IDIOM": idioms}
    signs: dict[int, int] = {}
    for group in RULES.signs & places.keys():
        for start, ends in places[group].items():
            signs[start] = max(signs.get(start, 0), *ends)
    return Passage(mended, places, signs)
