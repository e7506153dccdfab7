"""What the benches run in: engines of their own, settings for a real dispatch, processes beside them."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from clinic.engines import ephemeral_engines, postgres
from tests.bench.provider import ACCOUNT_SID, AUTH_TOKEN, FROM_NUMBER

FOLDER = Path(__file__).resolve().parents[2]
LATENCY_SECONDS = 0.1
IN_FLIGHT = 256

ENVIRONMENT = {
    "ENV_FILE": os.devnull,
    "DJANGO_SETTINGS_MODULE": "clinic.settings",
    "DEBUG": "true",
    "SECRET_KEY": "only-for-benches",
    "ADDRESS_HASH_KEY": "only-for-benches" * 2,
    "SMS_BACKEND": "twilio",
    "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
    "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "TWILIO_FROM_NUMBER": FROM_NUMBER,
    "TWILIO_MESSAGING_SERVICE_SID": "",
    "TWILIO_API_BASE_URL": "",
    "DISPATCH_IN_FLIGHT": str(IN_FLIGHT),
    "SMS_PER_SECOND": "",
    "SMS_DAILY_CAP": "",
    "OPERATOR_EMAILS": "",
    "METRICS_TOKEN": "",
    "SENTRY_DSN": "",
    "EMAIL_URL": "",
    "TIME_ZONE": "America/New_York",
    "PUBLIC_BASE_URL": "https://clinic.example.org",
}


@contextmanager
def world() -> Iterator[None]:
    """Fresh PostgreSQL and Redis, fast rather than durable, and Django on an empty database. Settings are read once: so once a process."""
    # As a server for ten million rows has; PostgreSQL's own default is for a small machine.
    buffers = min(psutil.virtual_memory().total // 8, 2**30) // 2**20
    postgres.FAST_NOT_SAFE += f" -c shared_buffers={buffers}MB -c max_wal_size=8GB"
    with ephemeral_engines() as addresses:
        os.environ |= ENVIRONMENT | addresses
        import django
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        from tests.bench.databases import keep_empty

        django.setup()
        settings.DEBUG = False  # it would keep every statement
        call_command("migrate", verbosity=0)
        keep_empty()
        try:
            yield
        finally:
            connections.close_all()


@dataclass
class Provider:
    url: str

    def counts(self) -> dict[str, Any]:
        return self._ask("/counts")

    def forget(self) -> None:
        self._ask("/forget", b"")

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy doesn't know our 127.0.0.1
        with direct.open(f"{self.url}{path}", data, timeout=30) as answer:
            return json.load(answer)


@contextmanager
def provider(latency: float = LATENCY_SECONDS) -> Iterator[Provider]:
    """In a process of its own; the processes started below send there."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.provider", str(latency)], cwd=FOLDER, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        os.environ["TWILIO_API_BASE_URL"] = url
        yield Provider(url)
    finally:
        _end(process)


@dataclass
class Process:
    """One beside us, and the children that it has."""

    process: psutil.Process

    def cpu_seconds(self) -> float:
        used = [one.cpu_times() for one in self._family()]
        return sum(times.user + times.system for times in used)

    def memory(self) -> int:
        return sum(one.memory_info().rss for one in self._family())

    def proportional_memory(self) -> int:
        """What it shares with others counts by its share. Of a system that doesn't tell, all of it counts."""
        return sum(getattr(full := one.memory_full_info(), "pss", full.rss) for one in self._family())

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def celery(app: str, *options: str, ready: str = "ready.", **environment: str) -> Iterator[Process]:
    """A Celery process, from when it is ready until the end of the block."""
    with tempfile.NamedTemporaryFile("w+") as log, ExitStack() as stack:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", app, *options, "--loglevel", "INFO"],
            cwd=FOLDER,
            env=os.environ | environment | {"PYTHONWARNINGS": "ignore"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        stack.callback(_end, process)
        wait_until(lambda: ready in Path(log.name).read_text() or process.poll() is not None)
        assert process.poll() is None, Path(log.name).read_text()
        yield Process(psutil.Process(process.pid))


@contextmanager
def family_of(command: list[str], folder: Path, env: dict[str, str], output: Any) -> Iterator[Process]:
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield Process(psutil.Process(process.pid))
    finally:
        _end(process)


def worker(pool: str, concurrency: int = 1, **environment: str) -> Any:
    """Ours."""
    options = ("--pool", pool, "--concurrency", str(concurrency), "--without-gossip", "--without-mingle")
    return celery("clinic", "worker", *options, **environment)


def wait_until(is_so: Callable[[], object], seconds: float = 120, every: float = 0.02) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s in vain")
        time.sleep(every)


def _end(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        for one in [*psutil.Process(process.pid).children(recursive=True), process]:
            one.kill()
        process.wait(timeout=15)
