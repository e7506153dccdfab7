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


def is_reachable(path: Path) -> bool:
    """Whether somebody else may walk to `path`: not so in a home that only its owner may enter."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def server_folder(folder: Path) -> Path:
    """Where the servers keep their data: `folder` itself, unless PostgreSQL's user can't get there."""
    folder = folder.resolve()
    if unprivileged_user() is None or is_reachable(folder):
        return folder
    return Path("/var/lib") / f"afterglow-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def copy_if_hidden(package: Path, target: Path) -> Path:
    """The package itself, or a copy of it (and of the libraries that auditwheel put beside it) where PostgreSQL's user can run it."""
    if unprivileged_user() is None or is_reachable(package):
        return package
    copy = target / package.name
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, copy, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name)
        (target / "complete").touch()
    return copy


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def runs_in(folder: Path, pid: int) -> bool:
    """Whether process `pid` is the server of this very folder. A pid file may be stale and its number somebody else's by now."""
    try:
        return Path(psutil.Process(pid).cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False
