"""What `run_local` leaves on disk about itself, so that the next start can tell what an earlier one left behind."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

PATIENCE_SECONDS = 10


class Seen(NamedTuple):
    """A process, told from a later one of the same number by when it was created."""

    pid: int
    created: float

    def find(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            is_it = abs(process.create_time() - self.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
            return process if is_it else None
        except psutil.Error:
            return None


class RunFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, address: str) -> None:
        """Record this process and everything under it."""
        us = psutil.Process()
        family = [us, *us.children(recursive=True)]
        seen = [Seen(process.pid, process.create_time()) for process in family if process.is_running()]
        self.path.write_text(json.dumps({"address": address, "processes": seen}))

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)

    def running_at(self) -> str:
        """The address of a run that is going on, "" if there is none."""
        address, processes = self._read()
        return address if processes and processes[0].find() else ""

    def end_left_behind(self) -> int:
        """End the children of a run that was itself killed. Says how many there were."""
        _address, processes = self._read()
        left = [process for seen in processes if (process := seen.find())]
        _end(left)
        self.remove()
        return len(left)

    def _read(self) -> tuple[str, list[Seen]]:
        try:
            content = json.loads(self.path.read_text())
            return content["address"], [Seen(*seen) for seen in content["processes"]]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return "", []


def _end(processes: Iterable[psutil.Process]) -> None:
    processes = list(processes)
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    _gone, stubborn = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in stubborn:
        with suppress(psutil.NoSuchProcess):
            process.kill()
