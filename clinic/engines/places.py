"""Where binaries and data may lie, and as whom PostgreSQL runs: it refuses to be root."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
from pathlib import Path

import psutil

from clinic.engines.errors import EngineError


def package_folder(name: str) -> Path | None:
    """An installed package's folder, found without importing it: importing has side effects."""
    spec = importlib.util.find_spec(name)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def unprivileged_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL's processes belong to when we are root; None when they can be our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EngineError("PostgreSQL can't run as root, and there is no user “nobody”. Run as an ordinary user, or set DATABASE_URL.")


def make_folder(folder: Path) -> None:
    """A folder that PostgreSQL's user can walk through, whatever our umask says."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if unprivileged_user():
        folder.chmod(folder.stat().st_mode | 0o011)


def is_reachable(path: Path) -> bool:
    """Whether somebody else may walk to `path`, and run it: not so in a home that only its owner may enter."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def server_folder(folder: Path) -> Path:
    """Where the servers keep their data: `folder` itself, unless PostgreSQL's user can't get there."""
    folder = folder.resolve()
    if unprivileged_user() is None or is_reachable(folder):
        return folder
    return Path("/var/lib") / f"afterglow-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def copy_if_hidden(package: Path, program: str, target: Path) -> Path:
    """The package itself, or a copy where PostgreSQL's user can run `program`: with the libraries that auditwheel put beside it."""
    if unprivileged_user() is None or is_reachable(package / program):
        return package
    copy = target / package.name
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        for path in (target, *target.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)  # under a strict umask the original's files are for root's eyes only
        (target / "complete").touch()
    return copy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serves(folder: Path, pid: int, program: str) -> bool:
    """Whether process `pid` is the server of this very folder. A pid file may be stale and its number somebody else's by now.

    The command line tells it, because anybody may read that. In a container even root may not ask where another user's process
    works, and would take its own PostgreSQL for a stranger's.
    """
    try:
        process = psutil.Process(pid)
        return process.name() == program and str(folder) in " ".join(process.cmdline())
    except (psutil.Error, OSError):
        return False
