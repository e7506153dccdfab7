"""A pytest plugin, named with -p: Django reads its settings before any fixture runs, so the engines have to be there earlier still.

Everything else that settings read is set too, so that neither a developer's .env nor her shell changes what is tested.
"""

import atexit
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis
from django.conf import settings
from django.db import connection

from clinic.engines import ephemeral_engines

NAMES = ("DATABASE_URL", "REDIS_URL")

ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DEBUG": "true",
    "SECRET_KEY": "only-for-tests",
    "ADDRESS_HASH_KEY": "only-for-tests" * 3,
    "DISPATCH_IN_FLIGHT": "",
    "SMS_PER_SECOND": "",
    "SMS_DAILY_CAP": "",
    "OPERATOR_EMAILS": "",
    **dict.fromkeys((f"KEEP_{kind}_DAYS" for kind in ("MESSAGES", "REPLIES", "RECEIPTS", "TRAIL", "EXPORTS", "FAILURES")), ""),
    "LATE_AFTER_MINUTES": "",
    "METRICS_TOKEN": "",
    "SENTRY_DSN": "",
    "SMS_BACKEND": "demo",
    "EMAIL_URL": "",
    "TIME_ZONE": "America/New_York",
    "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
    "TRUSTED_PROXIES": "",
}


def pytest_addoption() -> None:
    """The first hook of all: pytest calls it as soon as the plugin is named, before it loads pytest-django."""
    os.environ |= ENVIRONMENT
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A run in a shell's background inherits a deaf ear for Ctrl-C, and would hand it down to the processes that the tests interrupt.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # The engines are the controller's. Each worker has a test database of its own, and so it takes a Redis database of its own.
        number = int(re.sub(r"\D", "", worker)) % 15 + 1
        os.environ["REDIS_URL"] = re.sub(r"/\d*$", f"/{number}", os.environ["REDIS_URL"])
    elif missing := tuple(name for name in NAMES if not os.environ.get(name)):
        engines = ExitStack()
        # At exit: that comes after a failed test, a mistyped option and Ctrl-C alike; pytest's own last hook doesn't.
        atexit.register(engines.close)
        os.environ |= engines.enter_context(ephemeral_engines(missing))


@pytest.fixture
def process_env(transactional_db: None) -> Iterator[dict[str, str]]:
    """The environment for a real process, such as a Celery worker: it works on this test's own PostgreSQL and Redis database.

    Another process sees only what is committed, hence `transactional_db`. The Redis database is empty before and after.
    """
    server, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    with redis.Redis.from_url(settings.REDIS_URL) as queue:
        queue.flushdb()
        yield os.environ | {"DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}"}
        queue.flushdb()
