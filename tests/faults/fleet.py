"""The processes of a running clinic, and what may happen to them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psutil
from django.conf import settings

PATIENCE_SECONDS = 40


@dataclass
class Member:
    name: str
    command: list[str]
    without: list[str]  # guards of the engine's that it lacks
    log: Path
    process: psutil.Process
    earlier: list[int] = field(default_factory=list)  # groups of those that it replaced: a killed parent's children may be left

    def family(self) -> list[psutil.Process]:
        """Itself and its children, also those that outlive it: they share its group."""
        return _group(self.process.pid)

    def children(self) -> list[psutil.Process]:
        return [process for process in self.family() if process.pid != self.process.pid]

    def signal_all(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def ports(self) -> set[int]:
        """Its own ends of its connections."""
        found = set()
        for process in self.family():
            with suppress(psutil.Error):
                found |= {connection.laddr.port for connection in process.net_connections("tcp4") if connection.laddr}
        return found

    def has_said(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")


@dataclass
class Fleet:
    env: dict[str, str]
    folder: Path
    members: list[Member] = field(default_factory=list)
    numbers: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]
    _parent: subprocess.Popen[str] | None = None  # of them all

    def workers(self, number: int = 1, *, pool: str = "prefork", concurrency: int = 2, without: Iterable[str] = ()) -> list[Member]:
        return [self._start(f"worker{next(self.numbers)}", self._worker(pool, concurrency), without) for _ in range(number)]

    def _worker(self, pool: str, concurrency: int) -> list[str]:
        alone = ("--without-gossip", "--without-mingle")
        return ["celery", "-A", "clinic", "worker", "--pool", pool, "--concurrency", str(concurrency), "--loglevel", "info", *alone]

    def beat(self) -> Member:
        name = f"beat{next(self.numbers)}"
        return self._start(
            name, ["celery", "-A", "clinic", "beat", "--schedule", str(self.folder / name), "--pidfile=", "--loglevel", "info"]
        )

    def web(self, port: int, without: Iterable[str] = ()) -> Member:
        command = ["gunicorn", "clinic.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
        return self._start(f"web{next(self.numbers)}", command, without)

    def wait_until_ready(self) -> None:
        words = {"celery": ("ready.", "LocalTime"), "gunicorn": ("Booting worker",)}
        deadline = time.monotonic() + PATIENCE_SECONDS
        for member in self.members:
            while not any(member.has_said(said) for said in words[_program(member.command)]):
                assert member.process.is_running(), f"{member.name} has ended:\n{member.log.read_text()}"
                assert time.monotonic() < deadline, f"{member.name} isn't ready:\n{member.log.read_text()}"
                time.sleep(0.02)

    def restart(self, member: Member) -> None:
        with suppress(psutil.TimeoutExpired):
            member.process.wait(PATIENCE_SECONDS)
        member.earlier.append(member.process.pid)
        member.process = self._launch(member.command, member.without, member.log)

    def stop_in_order(self, member: Member) -> None:
        """As a roll-out does: it may finish what it has begun."""
        member.process.terminate()
        member.process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        for group in (group for member in self.members for group in (member.process.pid, *member.earlier)):
            for process in _group(group):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        for member in self.members:
            member.process.wait(PATIENCE_SECONDS)
        if self._parent:
            with self._parent as parent:
                parent.kill()
            self._parent = None

    def _start(self, name: str, command: list[str], without: Iterable[str] = ()) -> Member:
        if command[0] == "celery" and "worker" in command:
            command = [*command, "--hostname", f"{name}@faults"]
        log = self.folder / f"{name}.log"
        member = Member(name, command, list(without), log, self._launch(command, list(without), log))
        self.members.append(member)
        return member

    def _launch(self, command: list[str], without: list[str], log: Path) -> psutil.Process:
        log.touch()
        self._parent = self._parent or self._import_everything()
        assert self._parent.stdin
        assert self._parent.stdout
        print(json.dumps({"command": command, "without": without, "log": str(log)}), file=self._parent.stdin, flush=True)
        return psutil.Process(int(self._parent.stdout.readline()))

    def _import_everything(self) -> subprocess.Popen[str]:
        """Once: it takes two seconds, for which the processes of a story would wait for each other."""
        with (self.folder / "parent.log").open("wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.faults.process"],
                env=self.env,
                cwd=settings.BASE_DIR,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )


def _group(number: int) -> list[psutil.Process]:
    found = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(pid) == number and (process := psutil.Process(pid)).status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _program(command: list[str]) -> str:
    return next(word for word in command if word in ("celery", "gunicorn"))
