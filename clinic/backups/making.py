"""A backup: one snapshot of the database, dumped and counted."""

import errno
import os
import subprocess
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

import clinic
from clinic.backups import database
from clinic.backups.contents import LEFT_OUT, contents_of
from clinic.backups.errors import BackupError
from clinic.backups.files import PARTIAL, Backup, held, named, open_for_me_only, sha256_of, size
from clinic.backups.manifest import Manifest, fingerprints
from clinic.backups.programs import environment, program, reason

EVERY_SECONDS = 5
# As an error of ours, and as pg_dump tells of it.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Say = Callable[[str], None]


def make_backup(folder: Path, *, now: datetime, say: Say) -> tuple[Backup, Manifest]:
    """Readable for us only, and under its name once it is complete. Nobody waits for it, but migrations do. Raises BackupError."""
    backup = named(folder, now)
    dump, told = (path.with_name(path.name + PARTIAL) for path in (backup.dump, backup.manifest))
    try:
        with held(folder), database.session() as session:
            try:
                manifest = _write(dump, told, session, now, say)
                dump.rename(backup.dump)
                told.rename(backup.manifest)  # last: now it is complete
            finally:
                dump.unlink(missing_ok=True)
                told.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(_no_room(folder) if error.errno in NO_ROOM else f"{folder} can't be written to: {error.strerror}.") from error
    return backup, manifest


def _write(dump: Path, manifest: Path, session: psycopg.Connection[Any], now: datetime, say: Say) -> Manifest:
    pg_dump = program("pg_dump", database.version(session))
    with session.transaction():
        # What is counted here is what is dumped there, whatever is booked meanwhile; and that may take longer than our pages may.
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        (snapshot,) = session.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        contents = contents_of(session)
        say(f"{sum(contents.rows.values()):,} rows in {len(contents.rows)} tables.")
        _dump(pg_dump, snapshot, dump, len(contents.rows), say)
    told = Manifest(
        made_at=now,
        afterglow=clinic.__version__,
        postgresql=session.info.parameter_status("server_version") or "",
        sha256=sha256_of(dump),
        size=dump.stat().st_size,
        contents=contents,
        **fingerprints(),
    )
    with open(open_for_me_only(manifest), "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        file.write(told.to_json())
        file.flush()
        os.fsync(file.fileno())
    return told


def _dump(pg_dump: str, snapshot: str, dump: Path, tables: int, say: Say) -> None:
    address, secrets = database.for_programs()
    command = [
        *(pg_dump, "--format=custom", "--no-owner", "--no-privileges", "--no-password", "--verbose", f"--snapshot={snapshot}"),
        *(f"--exclude-table-data={table}" for table in LEFT_OUT),
        *("--lock-wait-timeout=60s", f"--dbname={address}", f"--file={dump}"),
    ]
    last: deque[str] = deque(maxlen=20)
    done, said_at = 0, time.monotonic()
    with open(open_for_me_only(dump), "wb") as file:  # noqa: PTH123 - a descriptor; pg_dump writes into the file that is there
        how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "errors": "replace"}
        with subprocess.Popen(command, env=environment(secrets), text=True, **how) as process:
            try:
                for line in process.stdout or ():
                    last.append(line)
                    done += "dumping contents of table" in line
                    if time.monotonic() - said_at > EVERY_SECONDS:
                        said_at = time.monotonic()
                        say(f"{done} of {tables} tables, {size(dump.stat().st_size)}.")
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            said = "".join(last)
            is_full = any(os.strerror(number) in said for number in NO_ROOM)
            raise BackupError(_no_room(dump.parent) if is_full else f"pg_dump gave up: {reason(said)}.")
        os.fsync(file.fileno())


def _no_room(folder: Path) -> str:
    return f"There is no room left in {folder}: no backup was made. Make room there, or name another folder."
