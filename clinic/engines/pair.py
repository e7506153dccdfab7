"""PostgreSQL and Redis side by side in one folder."""

import secrets
import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clinic.engines.places import make_folder
from clinic.engines.postgres import Postgres
from clinic.engines.redis import Redis

NAMES = ("DATABASE_URL", "REDIS_URL")


class Pair:
    def __init__(self, folder: Path, *, durable: bool) -> None:
        make_folder(folder)
        password = _password(folder)
        self.engines: dict[str, Postgres | Redis] = {
            "DATABASE_URL": Postgres(folder / "postgres", password, durable=durable),
            "REDIS_URL": Redis(folder / "redis", password),
        }

    def start(self, wanted: Iterable[str]) -> dict[str, str]:
        """Their addresses by environment variable."""
        return {name: self.engines[name].start() for name in wanted}

    def stop(self) -> None:
        """Whichever of them runs."""
        for engine in self.engines.values():
            engine.stop()


@contextmanager
def deaf_to_ctrl_c() -> Iterator[list[int]]:
    """While the servers are being started or stopped, which takes a second: Ctrl-C would only leave half of it running.

    Gives a list that isn't empty once somebody has pressed it.
    """
    pressed: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24))
    return path.read_text()
