"""Real processes beside the test: they see the test's database, and end with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection


def environment(**changed: str) -> dict[str, str]:
    """What a process needs to work on the test's own database."""
    database = connection.settings_dict
    address = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {"DATABASE_URL": f"postgres://{address}", "REDIS_URL": settings.REDIS_URL, "PYTHONUNBUFFERED": "1"} | changed


def run(*command: str, **changed: str) -> subprocess.CompletedProcess:
    """Run it with this Python to its end."""
    return subprocess.run(
        [sys.executable, *command],
        env=environment(**changed),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running(*command: str, log: Path, **changed: str) -> Iterator[subprocess.Popen]:
    """Run it with this Python beside the test; at the end, or on a failure, it and its children are stopped."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=environment(**changed),
            cwd=settings.BASE_DIR,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=10)
