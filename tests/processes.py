"""Real processes beside the test. `env` is `process_env`, so that they work on the test's own PostgreSQL and Redis database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings


def run(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """This Python with `command`, to its end."""
    return subprocess.run(
        [sys.executable, *command], env=env, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def running(*command: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """This Python with `command`, beside the test. It and its children are stopped at the end, however that comes."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=env | {"PYTHONUNBUFFERED": "1"},
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
