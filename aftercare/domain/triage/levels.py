"""How soon somebody must see what a patient wrote, and the red flags in it."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """SOON and URGENT become concerns."""

    FINE = "fine"  # she was asked and is plainly well: nobody needs to act
    WORDS = "words"  # ordinary words: the desk reads them
    SOON = "soon"
    URGENT = "urgent"

    @property
    def is_concern(self) -> bool:
        return self in (Level.SOON, Level.URGENT)


@dataclass(frozen=True, slots=True)
class Flag:
    """`name` is for people; `facts` are numbers of clinical facts (F12); `severity` is SOON or URGENT."""

    name: str
    facts: tuple[str, ...]
    severity: Level


@dataclass(frozen=True, slots=True)
class Verdict:
    """`flags` are keys of FLAGS, in its order. A concern may be without any: then it is in doubt."""

    level: Level
    flags: tuple[str, ...] = ()


def _flags() -> dict[str, Flag]:
    data = tomllib.loads((Path(__file__).parent / "flags.toml").read_text("utf-8"))
    return {slug: Flag(flag["name"], tuple(flag["facts"].split()), Level(flag["severity"])) for slug, flag in data.items()}


FLAGS = _flags()
