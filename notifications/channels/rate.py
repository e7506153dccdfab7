"""How many texts a second may leave, over all workers together. Redis counts; without it each process keeps the rate for itself."""

import asyncio
import logging
import time

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

SOCKET_SECONDS = 3  # a Redis that hangs must not use up the messages' leases


class Rate:
    """Made on the event loop that it is used on. `sender` is whose rate it is: a number or a messaging service. 0 a second: no limit."""

    def __init__(self, sender: str, per_second: int) -> None:
        self._sender = sender
        self._item = RateLimitItemPerSecond(per_second) if per_second else None
        self._pool: ConnectionPool | None = None
        self._first_in_line = asyncio.Lock()  # one of the waiting asks for all, or each slot would be asked for by everybody
        self._first_of_urgent = asyncio.Lock()
        self._urgent = 0  # that wait
        if per_second:
            self._count_in_redis()

    def _count_in_redis(self) -> None:
        self._pool = ConnectionPool.from_url(
            settings.REDIS_URL, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, health_check_interval=15
        )
        # Its annotation forgets that a pool is no number.
        storage = RedisStorage(f"async+{settings.REDIS_URL}", implementation="redispy", connection_pool=self._pool)  # type: ignore[arg-type]
        self._limiter = MovingWindowRateLimiter(storage)

    async def close(self) -> None:
        if self._pool:
            await self._pool.disconnect()

    async def wait(self, *, is_urgent: bool = False) -> None:
        """Until one more may leave. What is urgent takes the next turn: others stand back for as long as any such waits."""
        if self._item is None:
            return
        if is_urgent:
            await self._wait_before_others(self._item)
            return
        async with self._first_in_line:
            while self._urgent or not await self._may_leave(self._item):
                await asyncio.sleep(0.01)

    async def _wait_before_others(self, item: RateLimitItemPerSecond) -> None:
        self._urgent += 1
        try:
            async with self._first_of_urgent:
                while not await self._may_leave(item):
                    await asyncio.sleep(0.01)
        finally:
            self._urgent -= 1

    async def _may_leave(self, item: RateLimitItemPerSecond) -> bool:
        try:
            if await self._limiter.hit(item, self._sender):
                return True
            # Until the oldest of the last second's texts is a second old.
            stats = await self._limiter.get_window_stats(item, self._sender)
        except (RedisError, OSError):
            logger.warning("Redis can't be reached; this process keeps the rate of texts for itself.")
            self._limiter = MovingWindowRateLimiter(MemoryStorage())
            return False
        await asyncio.sleep(max(stats.reset_time - time.time(), 0))
        return False
