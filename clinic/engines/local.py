"""Engines whose data stay from one run to the next, and who starts and stops them.

Several processes may use them at once: `make run`, and a `manage.py shell` in a second terminal. Each holds a shared lock while it
does; the first one in starts the engines, the last one out stops them. A lock dies with its process, so a kill -9 leaves nothing
behind that the next start couldn't tell: it finds the servers running and takes them over.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from clinic.engines.errors import EngineError
from clinic.engines.pair import NAMES, Pair, deaf_to_ctrl_c
from clinic.engines.places import make_folder, server_folder


@contextmanager
def local_engines(folder: Path, wanted: tuple[str, ...] = NAMES) -> Iterator[dict[str, str]]:
    """Their addresses by environment variable. Raises EngineError."""
    try:
        make_folder(folder)
        pair = Pair(server_folder(folder), durable=True)
        users = _users(folder)
    except PermissionError as error:
        raise EngineError(f"{error.filename} belongs to another user: go on as that user, or remove {folder} to start afresh.") from error
    owner = os.getpid()
    with users:
        try:
            with _alone(folder), deaf_to_ctrl_c() as pressed:
                fcntl.flock(users, fcntl.LOCK_SH)
                addresses = pair.start(wanted)
            if pressed:
                raise KeyboardInterrupt
            yield addresses
        finally:
            if os.getpid() == owner:  # not a forked child on its way out
                with deaf_to_ctrl_c(), _alone(folder):
                    # Said outright: closing isn't enough while a forked child has the same open file.
                    fcntl.flock(users, fcntl.LOCK_UN)
                    if _is_last(users):
                        pair.stop()


def remove_local_engines(folder: Path) -> None:
    """Stop them and remove their data. Raises EngineError while somebody works with them."""
    if not folder.exists():
        return
    place = server_folder(folder)
    with _users(folder) as users, _alone(folder):
        if not _is_last(users):
            raise EngineError("The local PostgreSQL and Redis are in use. Stop what is running here first.")
        Pair(place, durable=True).stop()
        for name in ("postgres", "redis", "binaries"):
            shutil.rmtree(place / name, ignore_errors=True)
        (place / "password").unlink()
        if place != folder.resolve():
            place.rmdir()


def _users(folder: Path) -> IO[str]:
    return (folder / "engines.lock").open("a")


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
