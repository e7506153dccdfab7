"""How many texts a second may leave, over all workers together. Redis counts; without it each process keeps the rate for itself."""

import asyncio
import logging
import time

from django.conf import settings
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


class Rate:
    """Made on the event loop that it is used on. `sender` is whose rate it is: a number or a messaging service."""

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._item = RateLimitItemPerSecond(settings.SMS_PER_SECOND) if settings.SMS_PER_SECOND else None
        self._shared = MovingWindowRateLimiter(RedisStorage(f"async+{settings.REDIS_URL}", implementation="redispy"))
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._is_shared = True

    async def wait(self) -> None:
        """Until one more may leave."""
        while self._item and not await self._hit(self._item):
            await asyncio.sleep(await self._pause(self._item))

    async def _hit(self, item: RateLimitItemPerSecond) -> bool:
        if self._is_shared:
            try:
                return await self._shared.hit(item, self._sender)
            except (RedisError, OSError):
                logger.warning("Redis can't be reached; this process keeps the rate of texts for itself.")
                self._is_shared = False
        return await self._own.hit(item, self._sender)

    async def _pause(self, item: RateLimitItemPerSecond) -> float:
        """Until the oldest of the last second's texts is a second old; not less than a hundredth, so that nobody spins."""
        limiter = self._shared if self._is_shared else self._own
        try:
            stats = await limiter.get_window_stats(item, self._sender)
        except (RedisError, OSError):
            return 0.1
        return max(stats.reset_time - time.time(), 0.01)
