"""Says what is done, how far it is, and how long it will still take."""

import time
from collections.abc import Callable, Mapping

EVERY_SECONDS = 5.0

LIVING = "Living through the first patients' stories"


class Progress:
    """`costs`: step → how long it takes in comparison, in the order of the steps. An estimate is no promise: the first few are rough."""

    def __init__(self, say: Callable[[str], None], costs: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._costs, self._clock = say, dict(costs), clock
        self._began = self._said = clock()
        self._step = ""

    def at(self, step: str, share: float = 0.0, words: str = "", *, now_or_never: bool = False) -> None:
        """`share` of the step is done. A line as it begins, one every few seconds while it goes on, and what has to be said at once."""
        now = self._clock()
        if step == self._step and not now_or_never and now - self._said < EVERY_SECONDS:
            return
        self._step, self._said = step, now
        self._say(f"{_clock(now - self._began):>6}  {step}{words and ': '}{words}{self._left(step, share, now - self._began)}")

    def _left(self, step: str, share: float, passed: float) -> str:
        before, total = 0.0, sum(self._costs.values())
        for name, cost in self._costs.items():
            if name == step:
                before += cost * share
                break
            before += cost
        done = before / total
        if passed < EVERY_SECONDS or done < 0.02:
            return ""
        return f", about {_clock(passed * (1 - done) / done)} left"


def _clock(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02}"
