"""What was measured: as a table for people, as JSON for programs."""

import json
import operator
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

COMPARE = {">=": operator.ge, "<=": operator.le}
COLUMNS = ("name", "unit", "ours", "reference", "reference name", "ratio", "goal", "holds")


@dataclass
class Figure:
    """`goal` is “ratio >= 0.7” or “ours <= 6”; without one there is nothing to hold. The ratio is ours by the reference."""

    name: str
    unit: str
    ours: float
    reference: float | None = None
    reference_name: str = ""
    goal: str = ""
    ratio: float | None = field(init=False)
    holds: bool | None = field(init=False)

    def __post_init__(self) -> None:
        self.ratio = self.ours / self.reference if self.reference else None
        self.holds = None
        if self.goal:
            what, compared, bound = self.goal.split()
            value = {"ratio": self.ratio, "ours": self.ours}[what]
            self.holds = value is not None and COMPARE[compared](value, float(bound))


def compared(name: str, unit: str, pairs: Sequence[tuple[float, float]], reference_name: str, goal: str = "") -> Figure:
    """Medians of what was measured in turn. The ratio is the median of the rounds' own ratios: a busy minute slows down both."""
    figure = Figure(name, unit, median(ours for ours, _ in pairs), median(reference for _, reference in pairs), reference_name)
    figure.goal, figure.ratio = goal, median(ours / reference for ours, reference in pairs)
    if goal:
        what, compared, bound = goal.split()
        figure.holds = COMPARE[compared](figure.ratio if what == "ratio" else figure.ours, float(bound))
    return figure


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(figures: Sequence[Figure]) -> None:
    lines = [COLUMNS, *(_line(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def write(figures: Sequence[Figure], path: Path) -> None:
    """Those measured now, in place of what an earlier run measured under the same names."""
    earlier = json.loads(path.read_text()) if path.exists() else []
    names = {figure.name for figure in figures}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([*(one for one in earlier if one["name"] not in names), *map(asdict, figures)], indent=1) + "\n")


def _line(figure: Figure) -> tuple[str, ...]:
    holds = {None: "", True: "yes", False: "NO"}[figure.holds]
    return (
        *(figure.name, figure.unit, _number(figure.ours), _number(figure.reference), figure.reference_name),
        *(_number(figure.ratio), figure.goal, holds),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
