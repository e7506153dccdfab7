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
    """This Python with `command`, beside the test."""
    with beside([sys.executable, *command], env | {"PYTHONUNBUFFERED": "1"}, settings.BASE_DIR, log) as process:
        yield process


@contextmanager
def beside(command: list[str], env: dict[str, str], folder: Path, log: Path, *, seconds: float = 10) -> Iterator[subprocess.Popen[bytes]]:
    """Any command, in a folder. It and its children are stopped at the end, however that comes; it has so many seconds to do so itself."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
