"""Fresh engines in a temporary place, fast rather than durable, gone afterwards."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinic.engines.pair import NAMES, Pair, deaf_to_ctrl_c
from clinic.engines.places import is_reachable, unprivileged_user

PREFIX = "afterglow-test-"


@contextmanager
def ephemeral_engines(wanted: tuple[str, ...] = NAMES) -> Iterator[dict[str, str]]:
    """Their addresses by environment variable. Raises EngineError."""
    place = _temporary()
    _remove_abandoned(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    owner = os.getpid()
    with (folder / "new.lock").open("w") as alive:
        # Held until we end, however we end, and renamed once it is held: a free one means that nobody will tidy up any more.
        fcntl.flock(alive, fcntl.LOCK_EX)
        (folder / "new.lock").rename(folder / "alive.lock")
        try:
            with deaf_to_ctrl_c() as pressed:
                addresses = Pair(folder, durable=False).start(wanted)
            if pressed:
                raise KeyboardInterrupt
            yield addresses
        finally:
            if os.getpid() == owner:
                with deaf_to_ctrl_c():
                    _remove(folder)


def _temporary() -> Path:
    usual = Path(tempfile.gettempdir()).resolve()
    return usual if unprivileged_user() is None or is_reachable(usual) else Path("/var/tmp")  # nosec B108 # mkdtemp makes it safe


def _remove(folder: Path) -> None:
    Pair(folder, durable=False).stop()
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    """What earlier runs left here that were killed before they could tidy up."""
    for lock in place.glob(f"{PREFIX}*/alive.lock"):
        with suppress(BlockingIOError, PermissionError, FileNotFoundError), lock.open("r+") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.stat().st_uid == os.geteuid():
                _remove(lock.parent)
