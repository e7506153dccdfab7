"""The labelled answers, and the table of what was made of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from aftercare.domain.triage import Level, Verdict, triage
from aftercare.domain.triage.comparing import Comparison
from aftercare.domain.triage.examples import Example, read_examples

LANGUAGES = {"en": "English", "es": "Spanish"}
LABELS = ("fine", "ordinary", "ambiguous", "red, soon", "red, urgent")


@dataclass(frozen=True)
class Answer:
    example: Example
    asked: bool
    compared: Comparison | None = None

    @cached_property
    def verdict(self) -> Verdict:
        return triage(self.text, asked=self.asked, compared=self.compared)

    @property
    def language(self) -> str:
        return self.example.language

    @property
    def label(self) -> str:
        return self.example.label

    @property
    def text(self) -> str:
        return self.example.text

    @property
    def flag(self) -> str:
        return self.example.flag

    @property
    def is_red(self) -> bool:
        return bool(self.flag)

    @property
    def is_ordinary(self) -> bool:
        return self.example.is_ordinary

    def __str__(self) -> str:
        label = " ".join([self.language, self.label, self.flag, "asked" if self.asked else ""])
        return f"{label}: {self.text!r} is taken for {self.verdict.level} {', '.join(self.verdict.flags)}"


def texts_of(name: str) -> int:
    """How many different answers there are, however often each is tried."""
    return len(set(read_examples([name])))


def answers_of(name: str, *, compared: Comparison | None = None) -> list[Answer]:
    """What may come at any time is there twice: as an answer to a check-in, and not."""
    return answers_to(read_examples([name]), compared=compared)


def answers_to(examples: Iterable[Example], *, compared: Comparison | None = None) -> list[Answer]:
    return [Answer(example, asked, compared) for example in examples for asked in ((True,) if example.is_answer else (False, True))]


def missed(answers: list[Answer]) -> list[Answer]:
    """Red flags that are no concern, or not urgent enough."""
    return [answer for answer in answers if answer.is_red and not _is_heard(answer)]


def _is_heard(answer: Answer) -> bool:
    return answer.verdict.level is Level.URGENT or (answer.label == "soon" and answer.verdict.level is Level.SOON)


def silent(answers: list[Answer]) -> list[Answer]:
    """Red flags that are no concern at all."""
    return [answer for answer in answers if answer.is_red and not answer.verdict.level.is_concern]


def unnamed(answers: list[Answer]) -> list[Answer]:
    return [answer for answer in answers if answer.is_red and answer.flag not in answer.verdict.flags]


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
