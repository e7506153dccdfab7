"""How many messages a channel has under way: fewer when the provider says that they are too many."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Window:
    """Halved on a 429, at most once for all that were under way then; grown back by one for each full window that went well."""

    def __init__(self, most: int, size: float | None = None) -> None:
        self.most = most
        self.size = float(min(size or most, most))
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._begun = 0
        self._halved_at = 0  # counted in messages begun

    @asynccontextmanager
    async def turn(self, *, is_urgent: bool = False) -> AsyncIterator[None]:
        """Wait for one. What is urgent gets the next that there is."""
        while self._under_way >= int(self.size):
            turn = asyncio.get_running_loop().create_future()
            (self._waiting.appendleft if is_urgent else self._waiting.append)(turn)
            await turn
        self._under_way += 1
        self._begun += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._call()

    @property
    def begun(self) -> int:
        return self._begun

    def went_well(self) -> None:
        self.size = min(self.size + 1 / self.size, float(self.most))
        self._call()

    def too_many(self, begun: int) -> None:
        """`begun` is the window's count when that message began: its kin of the same moment halve the window only once."""
        if begun > self._halved_at:
            self.size = max(self.size / 2, 1.0)
            self._halved_at = self._begun

    def _call(self) -> None:
        for _ in range(int(self.size) - self._under_way):
            while self._waiting:
                turn = self._waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
                    break
