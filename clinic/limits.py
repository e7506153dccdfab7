"""How often one address may ask for what is open without a sign-in. Redis counts, for all web processes together."""

import logging
import math
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis import ConnectionPool
from redis.exceptions import RedisError

from clinic.addresses import network_of
from clinic.refusals import too_often

logger = logging.getLogger(__name__)

# A Redis that hangs holds a page up for as long, and only the first one: then it is left alone for a while.
SOCKET_SECONDS = 0.25
LEFT_ALONE_SECONDS = 30


class Counter:
    """Without Redis each process counts for itself: never nobody, and never nobody let in."""

    def __init__(self, redis_url: str) -> None:
        pool = ConnectionPool.from_url(redis_url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS)
        self._together = MovingWindowRateLimiter(RedisStorage(redis_url, connection_pool=pool, key_prefix="afterglow-limits"))
        self._alone = MovingWindowRateLimiter(MemoryStorage())
        self._left_alone_until = 0.0

    def seconds_to_wait(self, most: RateLimitItem, *who: str) -> int:
        """0 if this one may pass, which is counted; what may not isn't."""
        if time.monotonic() >= self._left_alone_until:
            try:
                return _seconds_to_wait(self._together, most, *who)
            except (RedisError, OSError):
                self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
                logger.warning("Redis can't be reached; this process limits requests by itself.")
        return _seconds_to_wait(self._alone, most, *who)


def _seconds_to_wait(limiter: MovingWindowRateLimiter, most: RateLimitItem, *who: str) -> int:
    if limiter.hit(most, *who):
        return 0
    return max(math.ceil(limiter.get_window_stats(most, *who).reset_time - time.time()), 1)


class LimitsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if wait := _wait(request, settings.RATE_LIMITS):
            return too_often(request, wait)
        answer = self.get_response(request)
        # What has its signature is let in whoever else guesses from the same address: only then is counted, and what is refused.
        if 400 <= answer.status_code < 500 and (wait := _wait(request, settings.REFUSAL_LIMITS)):
            return too_often(request, wait)
        return answer


def _wait(request: HttpRequest, limits: dict[str, str]) -> int:
    """In seconds, by the first of the limits that is reached; 0 if none is."""
    who = network_of(request.META.get("REMOTE_ADDR", ""))
    concerned = (what for what in limits if _concerns(what, request))
    return next((wait for what in concerned if (wait := counter().seconds_to_wait(parse(limits[what]), what, who))), 0)


def _concerns(what: str, request: HttpRequest) -> bool:
    """By “/calendar/”, how all addresses below begin, or by “POST /admin/login/”."""
    method, _, beginning = what.rpartition(" ")
    return method in ("", request.method) and request.path_info.startswith(beginning)


@cache
def counter() -> Counter:
    return Counter(settings.REDIS_URL)
