"""Where backups lie: each is two files side by side, and is there once both are."""

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clinic.backups.errors import BackupError

PARTIAL = ".partial"


@dataclass(frozen=True, order=True)
class Backup:
    """Their names sort by the time that they were made at."""

    dump: Path

    @property
    def manifest(self) -> Path:
        return self.dump.with_suffix(".json")

    @property
    def is_complete(self) -> bool:
        return self.dump.exists() and self.manifest.exists()


def named(folder: Path, made_at: datetime) -> Backup:
    return Backup(folder / f"afterglow-{made_at.astimezone(UTC):%Y-%m-%d-%H%M%S}.dump")


def complete(folder: Path) -> list[Backup]:
    """The newest first."""
    return sorted((backup for path in folder.glob("afterglow-*.dump") if (backup := Backup(path)).is_complete), reverse=True)


def chosen(path: Path) -> Backup:
    """The backup whose dump that is, or the newest one in that folder. Raises BackupError."""
    with readable(path):
        if not stat.S_ISDIR(path.stat().st_mode):
            if path.suffix not in (".dump", ".json"):
                raise BackupError(f"{path.name} isn't what `backup` writes: unpack or decrypt it, and name the .dump.")
            return Backup(path.with_suffix(".dump"))
        os.listdir(path)  # noqa: PTH208 - glob passes in silence over what it may not read
        backups = complete(path)
    if not backups:
        raise BackupError(f"There is no complete backup in {path}: that is two files, afterglow-….dump and afterglow-….json.")
    return backups[0]


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What the system refuses is a BackupError."""
    try:
        yield
    except FileNotFoundError as error:
        raise BackupError(f"There is no {path}.") from error
    except OSError as error:
        raise BackupError(f"{path} can't be read: {error.strerror}.") from error


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else writes a backup there meanwhile. What one that was cut off has left is removed. Raises BackupError."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BackupError(f"{folder} can't be used: {error.strerror}.") from error
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in folder.glob(f"afterglow-*{PARTIAL}"):
            path.unlink()
        yield
        os.fsync(opened)  # the new names
    except BlockingIOError as error:
        raise BackupError(f"Another backup is being written to {folder}. Wait for it.") from error
    finally:
        os.close(opened)


def forget_older(folder: Path, keep: int) -> int:
    """All complete ones but the `keep` newest. Says how many they were. Raises BackupError."""
    older = complete(folder)[keep:]
    for backup in older:
        try:
            backup.manifest.unlink()  # first: what remains, if it ends here, isn't complete
            backup.dump.unlink()
        except OSError as error:
            raise BackupError(f"{backup.dump.name} is older, and can't be deleted: {error.strerror}.") from error
    return len(older)


def open_for_me_only(path: Path) -> int:
    """A new file that nobody else may read, whatever our umask."""
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def sha256_of(path: Path) -> str:
    """Raises BackupError."""
    with readable(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size(number: int) -> str:
    """“34.1 MB”."""
    if number < 1_000_000:
        return f"{number / 1_000:,.0f} kB"
    return f"{number / 1_000_000:,.1f} MB" if number < 1_000_000_000 else f"{number / 1_000_000_000:,.1f} GB"
