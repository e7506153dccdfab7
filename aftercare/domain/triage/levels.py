"""How soon somebody must see what a patient wrote, and the red flags in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """SOON and URGENT become concerns."""

    FINE = "fine"  # she was asked and is plainly well: nobody needs to act
    WORDS = "words"  # ordinary words: the desk reads them
    SOON = "soon"
    URGENT = "urgent"

    @property
    def is_concern(self) -> bool:
        return self in (Level.SOON, Level.URGENT)

    @classmethod
    def worst(cls, levels: Iterable["Level"]) -> "Level":
        return max(levels, key=list(cls).index, default=cls.FINE)


@dataclass(frozen=True, slots=True)
class Flag:
    """`name` is for people; `facts` are numbers of clinical facts (F12); `severity` is SOON or URGENT.

    `mild` is what it is when she says that it is only a little, and `mild_when_asked` when a check-in asked her. `fading`: when it is on
    its way out; without it that is mild, too.
    """

    name: str
    facts: tuple[str, ...]
    severity: Level
    mild: Level
    mild_when_asked: Level
    fading: Level | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`flags` are keys of FLAGS, in its order. A concern may be without any: then it is in doubt.

    `numbers` are those of 1, 2 and 3 with which she answers a check-in; 0 stands for any other that stands alone.
    """

    level: Level
    flags: tuple[str, ...] = ()
    numbers: frozenset[int] = field(default=frozenset(), compare=False)
