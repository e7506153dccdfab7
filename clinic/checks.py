"""Whether PostgreSQL and Redis are reached: asked by `check --deploy --database default`, not by every command."""

from collections.abc import Iterable, Iterator
from typing import Any

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import OperationalError, connections

from clinic.masking import described, unreached


@register(Tags.database)
def check_postgresql_is_reached(app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    return list(_unreached_databases(databases or ()))


def _unreached_databases(databases: Iterable[str]) -> Iterator[CheckMessage]:
    for name in databases:
        try:
            connections[name].ensure_connection()
        except OperationalError as error:
            yield Error(f"{unreached(error) or described(error)}.", hint="Look at DATABASE_URL.", id="clinic.E001")


@register(Tags.database, deploy=True)  # `migrate` asks the others, and needs no Redis
def check_redis_is_reached(app_configs: Any, databases: Iterable[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases:
        return []
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except redis.RedisError as error:
        return [Error(f"{unreached(error) or described(error)}.", hint="Look at REDIS_URL.", id="clinic.E002")]
    return []
