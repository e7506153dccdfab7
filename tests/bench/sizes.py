"""How much is measured. `ROUNDS` and `ROWS` in the environment change it; `SIZE=tiny` only shows that each bench runs."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    rounds: int = 3
    messages: int = 6_000
    tutorial_prefork: int = 60
    tutorial_threads: int = 1_000
    late: int = 4
    remembered: int = 10_000
    pending: int = 5_000
    scheduled: tuple[int, ...] = (10_000, 1_000_000, 10_000_000)
    claims: int = 40
    sessions: int = 1_000
    booked: tuple[int, ...] = (10_000, 1_000_000)
    asked: int = 40
    treated: int = 1_000_000
    cases: int = 1_000
    exported: int = 350_000
    trailed: int = 1_000_000
    settling_seconds: float = 2
    resting_seconds: float = 20


TINY = Sizes(
    rounds=1,
    messages=200,
    tutorial_prefork=4,
    tutorial_threads=20,
    late=1,
    remembered=50,
    pending=50,
    scheduled=(1_000, 2_000),
    claims=3,
    sessions=4,
    booked=(1_000, 2_000),
    asked=3,
    treated=500,
    cases=40,
    exported=2_000,
    trailed=1_000,
    settling_seconds=0.1,
    resting_seconds=0.1,
)


def wanted() -> Sizes:
    if os.environ.get("SIZE") == "tiny":
        return TINY
    usual = Sizes()
    most = int(os.environ.get("ROWS") or usual.scheduled[-1])
    return Sizes(
        rounds=int(os.environ.get("ROUNDS") or usual.rounds),
        scheduled=tuple(rows for rows in usual.scheduled if rows <= most),
        booked=tuple(rows for rows in usual.booked if rows <= most),
        treated=min(usual.treated, most),
        trailed=min(usual.trailed, most),
    )
