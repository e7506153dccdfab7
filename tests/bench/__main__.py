"""`make bench`, or `make bench ONLY=dispatch,claim`; ROUNDS=5 measures longer, ROWS=1000000 fills no table with more."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.claiming import claim
from tests.bench.dispatching import dispatch
from tests.bench.exporting import export
from tests.bench.figures import Figure, say, show, write
from tests.bench.memory import memory
from tests.bench.planning import plan
from tests.bench.report import report
from tests.bench.sizes import Sizes, wanted
from tests.bench.slots import free_slots
from tests.bench.trailing import trail
from tests.bench.world import FOLDER, world


def report_and_files(sizes: Sizes) -> Iterator[Figure]:
    yield from report(sizes)
    yield from export(sizes)


BENCHES = {
    "plan": plan,
    "dispatch": dispatch,
    "memory": memory,
    "claim": claim,
    "free_slots": free_slots,
    "report": report_and_files,
    "trail": trail,
}


def main() -> int:
    names = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        say(f"There is no bench called {', '.join(unknown)}; there are {', '.join(BENCHES)}.")
        return 2
    figures: list[Figure] = []
    with world():
        for name in names:
            say(f"{name} …")
            figures += BENCHES[name](wanted())
    say()
    show(figures)
    write(figures, Path(os.environ.get("LOCAL_DIR") or FOLDER / ".local") / "bench.json")
    if missed := [figure.name for figure in figures if figure.holds is False]:
        say(f"\nNot held: {', '.join(missed)}. On a machine that is busy otherwise, measure again.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
