"""Texts as patients write them, with what each is. What no rule names is compared with them, and the tests hold triage to them."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ALL = tuple(sorted(path.stem for path in HERE.glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Example:
    """`language` is en or es; `label` fine, ordinary, ambiguous, soon or urgent; `flag` a key of FLAGS, or "".

    `is_answer`: it is what it is only in answer to a check-in.
    """

    language: str
    label: str
    text: str
    is_answer: bool
    flag: str = ""

    @property
    def is_ordinary(self) -> bool:
        return self.label in ("fine", "ordinary")


def read_examples(names: Iterable[str] = ALL) -> list[Example]:
    return [example for name in names for example in _read(name)]


def _read(name: str) -> Iterator[Example]:
    for language, labels in tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")).items():
        for label in ("fine", "ordinary", "ambiguous"):
            for when, texts in labels.get(label, {}).items():
                yield from (Example(language, label, text, when == "asked") for text in texts)
        for flag, severities in labels.get("red", {}).items():
            for severity, texts in severities.items():
                yield from (Example(language, severity, text, False, flag) for text in texts)
