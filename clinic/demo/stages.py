"""At which stages the demo's patients are: how long ago the last session was, and what comes next."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import chain, cycle, islice, zip_longest

Days = tuple[float, float]


class Stage(StrEnum):
    DOSE_SOON = "a serum dose is due in a moment"
    ARRIVED = "is here for a session"
    JUST_TREATED = "just treated"
    FIRST_NIGHT = "in the first 24 hours"
    FIRST_WEEK = "in the first week"
    HEALING = "in the weeks after a session"
    TODAY = "booked for today"
    BOOKED_AHEAD = "has booked the next session"
    JUST_BOOKED = "booked a minute ago"
    NEW = "booked a first session"
    NEXT_DUE = "due for the next session"
    NEXT_OVERDUE = "overdue for the next session"
    CANCELLED = "cancelled"
    NO_SHOW = "didn't come"
    MAINTENANCE_LATER = "maintenance is a while off"
    MAINTENANCE_DUE = "due for maintenance"
    MAINTENANCE_BOOKED = "has booked maintenance"
    MAINTENANCE_OVERDUE = "overdue for maintenance"
    LAPSED = "lapsed"


@dataclass(frozen=True)
class Path:
    """`share` of sixty. `last`: the last completed session was this many days ago, None for nobody treated yet.
    `following`: the next one is this many days from today. `course_done`: all planned sessions are behind the patient."""

    share: int
    last: Days | None = None
    following: Days | None = None
    course_done: bool = False


# Where a next session follows, the last one lies far enough back for the longest interval in the catalogue (35 days).
PATHS: dict[Stage, Path] = {
    Stage.DOSE_SOON: Path(3, last=(0, 1)),
    Stage.ARRIVED: Path(2, last=(36, 41), following=(0, 0)),
    Stage.JUST_TREATED: Path(3, last=(0, 0)),
    Stage.FIRST_NIGHT: Path(3, last=(6 / 24, 22 / 24)),
    Stage.FIRST_WEEK: Path(4, last=(1.2, 6.5)),
    Stage.HEALING: Path(3, last=(8, 26)),
    Stage.TODAY: Path(4, last=(36, 41), following=(0, 0)),
    Stage.BOOKED_AHEAD: Path(5, last=(12, 26), following=(24, 30)),
    Stage.JUST_BOOKED: Path(3, following=(2, 20)),
    Stage.NEW: Path(3, following=(1, 14)),
    Stage.NEXT_DUE: Path(4, last=(29, 40)),
    Stage.NEXT_OVERDUE: Path(4, last=(45, 120)),
    Stage.CANCELLED: Path(2, last=(36, 41), following=(3, 12)),
    Stage.NO_SHOW: Path(2, last=(43, 60), following=(-6, -2)),
    Stage.MAINTENANCE_LATER: Path(3, last=(60, 140), course_done=True),
    Stage.MAINTENANCE_DUE: Path(4, last=(157, 177), course_done=True),
    Stage.MAINTENANCE_BOOKED: Path(2, last=(165, 200), following=(2, 25), course_done=True),
    Stage.MAINTENANCE_OVERDUE: Path(4, last=(190, 480), course_done=True),
    Stage.LAPSED: Path(2, last=(570, 700), course_done=True),
}

# These need a certain minute of the day, so they are first to choose their places.
FIRST = (Stage.DOSE_SOON, Stage.ARRIVED, Stage.JUST_TREATED)


def stages(number: int) -> list[Stage]:
    """`number` of them in the proportions above, one of each before any second one; only the first sixty need a certain minute."""
    first = [stage for stage in FIRST for _ in range(PATHS[stage].share)]
    rounds = zip_longest(*([stage] * path.share for stage, path in PATHS.items() if stage not in FIRST))
    others = [stage for stage in chain.from_iterable(rounds) if stage]
    return list(islice(chain(first, others, cycle(others)), number))


def random_days(days: Days, draw: float) -> timedelta:
    return timedelta(days=days[0] + (days[1] - days[0]) * draw)
