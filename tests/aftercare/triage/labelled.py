"""The labelled answers, and the table of what was made of them."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aftercare.domain.triage import Level, Verdict, triage

LANGUAGES = {"en": "English", "es": "Spanish"}
LABELS = ("fine", "ordinary", "ambiguous", "red, soon", "red, urgent")


@dataclass(frozen=True)
class Answer:
    language: str
    label: str  # fine, ordinary, ambiguous, soon or urgent
    text: str
    asked: bool
    flag: str = ""

    @cached_property
    def verdict(self) -> Verdict:
        return triage(self.text, asked=self.asked)

    @property
    def is_red(self) -> bool:
        return bool(self.flag)

    @property
    def is_ordinary(self) -> bool:
        return self.label in ("fine", "ordinary")

    def __str__(self) -> str:
        label = " ".join([self.language, self.label, self.flag, "asked" if self.asked else ""])
        return f"{label}: {self.text!r} is taken for {self.verdict.level} {', '.join(self.verdict.flags)}"


def texts_of(name: str) -> int:
    """How many different answers there are, however often each is tried."""
    return len({(answer.language, answer.label, answer.flag, answer.text) for answer in answers_of(name)})


def answers_of(name: str) -> list[Answer]:
    """What may come at any time is there twice: as an answer to a check-in, and not."""
    data = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
    return [answer for language, labels in data.items() for answer in _answers(language, labels)]


def _answers(language: str, labels: dict) -> Iterator[Answer]:
    for flag, strengths in labels["red"].items():
        for label, texts in strengths.items():
            yield from (Answer(language, label, text, asked, flag) for text in texts for asked in (False, True))
    for label in ("fine", "ordinary", "ambiguous"):
        for when, texts in labels.get(label, {}).items():
            yield from (Answer(language, label, text, asked) for text in texts for asked in ((True,) if when == "asked" else (False, True)))


def missed(answers: list[Answer]) -> list[Answer]:
    """Red flags that are no concern, not urgent enough, or not named."""
    return [answer for answer in answers if answer.is_red and not _is_heard(answer, answer.verdict)]


def _is_heard(answer: Answer, verdict: Verdict) -> bool:
    return answer.flag in verdict.flags and (verdict.level is Level.URGENT or (answer.label == "soon" and verdict.level is Level.SOON))


def false_alarms(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.is_ordinary and answer.verdict.level.is_concern]


def overlooked(answers: list[Answer]) -> list[Answer]:
    """Ambiguous ones that are no concern."""
    return [answer for answer in answers if answer.label == "ambiguous" and not answer.verdict.level.is_concern]


def table_of(answers: list[Answer]) -> str:
    """Label × verdict, a language after the other, each answer counted once for each way that it was tried."""
    counts = Counter((answer.language, _row(answer), answer.verdict.level) for answer in answers)
    lines = []
    for language, name in LANGUAGES.items():
        lines += ["", f"{name:<14}" + "".join(f"{level:>8}" for level in Level)]
        lines += [f"{label:<14}" + "".join(f"{counts[language, label, level]:>8}" for level in Level) for label in LABELS]
        ordinary = [answer for answer in answers if answer.language == language and answer.is_ordinary]
        lines.append(f"False alarms: {len(false_alarms(ordinary)) / len(ordinary):.1%} of {len(ordinary)} ordinary ones")
    return "\n".join(lines)


def _row(answer: Answer) -> str:
    return f"red, {answer.label}" if answer.is_red else answer.label
