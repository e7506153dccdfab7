"""pg_restore writes a backup as SQL, and psql carries it out. pg_restore alone can't empty a database in the same transaction."""

import subprocess
import tempfile
import time
from contextlib import suppress
from functools import partial
from typing import IO, Any

from clinic.backups import database
from clinic.backups.errors import BackupError
from clinic.backups.files import Backup, size
from clinic.backups.making import EVERY_SECONDS, Say
from clinic.backups.programs import environment, reason

# Before the first line. A lock that somebody holds isn't waited for: everybody else has gone by now. The transaction's number is asked
# for, by which PostgreSQL knows afterwards what became of it.
BEGIN = "SET lock_timeout = '10s'; BEGIN; SELECT pg_current_xact_id();\n"
EMPTY = "DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;\n"
# After the last one, and only then: a connection that ends without it has changed nothing.
COMMIT = "COMMIT;\n"
BLOCK = 1 << 20
REFUSED = 3  # psql's exit code where PostgreSQL did. Any other one: the connection or psql itself has ended


def load(backup: Backup, pg_restore: str, psql: str, around: tuple[str, str], say: Say) -> str:
    """`around`: the SQL before it, and after it, with the COMMIT. Raises BackupError, and has changed nothing then.

    Where the COMMIT was sent, or may have been, and nobody answered it, the number of its transaction; else "".
    """
    address, secrets = database.for_programs()
    reading = [pg_restore, "--file=-", "--no-owner", "--no-privileges", "--exit-on-error", str(backup.dump)]
    # Terse: the details of an error would repeat what is in a patient's row.
    how = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    writing = [psql, *how, f"--dbname={address}"]
    file = partial(tempfile.TemporaryFile, "w+")
    with file() as reader_said, file() as writer_said, file() as answered:
        pipe: dict[str, Any] = {"env": environment(secrets), "bufsize": BLOCK}
        try:
            with (
                subprocess.Popen(reading, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=reader_said, **pipe) as reader,
                subprocess.Popen(writing, stdin=subprocess.PIPE, stdout=answered, stderr=writer_said, **pipe) as writer,
            ):
                try:
                    is_through = reader.stdout and writer.stdin and _pass_on(reader.stdout, reader, writer.stdin, around, say)
                except BaseException:
                    writer.kill()
                    reader.kill()
                    raise
        except KeyboardInterrupt:  # perhaps just as the COMMIT went
            if number := _transaction(answered):
                return number
            raise BackupError("Nothing was changed: it was ended by you.") from None
        if is_through and writer.returncode == 0:
            return ""
        number = _transaction(answered)
        if not number or not is_through or writer.returncode == REFUSED:
            raise BackupError(f"Nothing was changed: {_last_words(writer_said, reader_said)}.")
        return number


def _pass_on(script: IO[bytes], reader: subprocess.Popen[bytes], psql: IO[bytes], around: tuple[str, str], say: Say) -> bool:
    """Whether all of it was, and the COMMIT after it."""
    begin, end = around
    passed, said_at = 0, time.monotonic()
    try:
        psql.write(begin.encode())
        while block := script.read(BLOCK):
            psql.write(block)
            passed += len(block)
            if time.monotonic() - said_at > EVERY_SECONDS:
                said_at = time.monotonic()
                say(f"{size(passed)} restored.")
        if reader.wait() == 0:
            psql.write(end.encode())
            psql.close()
            return True
    except BrokenPipeError:  # psql has stopped, and says why
        reader.kill()
    with suppress(BrokenPipeError):
        psql.close()
    return False


def _transaction(answered: IO[str]) -> str:
    """Its number, or "" where it hasn't begun."""
    answered.seek(0)
    return answered.readline().strip()


def _last_words(*files: IO[str]) -> str:
    """Of whichever says something, in this order."""
    for file in files:
        file.seek(0)
        if said := file.read().strip():
            return reason(said)
    return "it was cut off"
