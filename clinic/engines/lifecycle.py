"""Who starts the engines and who stops them.

Several processes may use the local engines at once: `make run`, and a `manage.py shell` in a second terminal. Each holds a shared lock
while it does; the first one in starts the engines, the last one out stops them. A lock dies with its process, so a kill -9 leaves
nothing behind that the next start couldn't tell.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clinic.engines.places import server_folder
from clinic.engines.postgres import Postgres
from clinic.engines.redis import Redis

NAMES = ("DATABASE_URL", "REDIS_URL")


@contextmanager
def local_engines(folder: Path, wanted: tuple[str, ...] = NAMES) -> Iterator[dict[str, str]]:
    """Their addresses by environment variable. The data stay in `folder` from one run to the next. Raises EngineError."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    engines = _engines(server_folder(folder), wanted, durable=True)
    with (folder / "engines.lock").open("a") as users:
        with _alone(folder):
            addresses = {name: engine.start() for name, engine in engines.items()}
            fcntl.flock(users, fcntl.LOCK_SH)
        owner = os.getpid()
        try:
            yield addresses
        finally:
            if os.getpid() == owner:  # not a forked child on its way out
                with _alone(folder):
                    if _is_last(users):
                        for engine in engines.values():
                            engine.stop()


@contextmanager
def ephemeral_engines(wanted: tuple[str, ...] = NAMES) -> Iterator[dict[str, str]]:
    """Fresh ones in a temporary place, fast rather than durable, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="afterglow-"))
    folder.chmod(0o711)  # PostgreSQL may have to run as somebody else
    owner = os.getpid()
    engines = _engines(folder, wanted, durable=False)
    try:
        yield {name: engine.start() for name, engine in engines.items()}
    finally:
        if os.getpid() == owner:
            for engine in engines.values():
                engine.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _engines(folder: Path, wanted: tuple[str, ...], *, durable: bool) -> dict[str, Postgres | Redis]:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    password = _password(folder)
    known: dict[str, Postgres | Redis] = {
        "DATABASE_URL": Postgres(folder / "postgres", password, durable=durable),
        "REDIS_URL": Redis(folder / "redis", password),
    }
    return {name: known[name] for name in wanted}


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time starts or stops the engines."""
    with (folder / "engines.starting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
