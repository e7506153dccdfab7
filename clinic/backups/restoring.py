"""What a backup holds, in the place of what is in the database: all of it or nothing."""

import time

from django.conf import settings
from django.db import connection

from clinic.backups import database
from clinic.backups.contents import Contents, contents_of
from clinic.backups.errors import BackupError, NobodyKnows
from clinic.backups.files import Backup, sha256_of
from clinic.backups.loading import BEGIN, COMMIT, EMPTY, load
from clinic.backups.making import Say
from clinic.backups.manifest import Manifest, fingerprint
from clinic.backups.programs import program
from clinic.ops.readiness import MISSING_AFTER_SECONDS

HAS_HEARTBEATS = "SELECT to_regclass('public.clinic_heartbeat') IS NOT NULL"
ALIVE = "SELECT DISTINCT kind FROM public.clinic_heartbeat WHERE at > now() - make_interval(secs => %s) ORDER BY 1"
STILL_AT_IT_SECONDS = 30  # it notices that a connection has ended, or ends its COMMIT, in less


def checked(backup: Backup) -> Manifest:
    """What is in it, once it is certain that it is whole, and of this installation. Raises BackupError."""
    manifest = Manifest.read(backup.manifest)
    if not backup.dump.exists():
        raise BackupError(f"{backup.dump.name} isn't beside {backup.manifest.name}: bring both files.")
    if manifest.address_hash_key != fingerprint(settings.ADDRESS_HASH_KEY):
        raise BackupError(
            "ADDRESS_HASH_KEY isn't the one that this backup was made under: whoever said STOP would be forgotten, and texted. "
            "Set that one; it is kept apart from the backups."
        )
    if sha256_of(backup.dump) != manifest.sha256:
        raise BackupError(f"{backup.dump.name} isn't as it was written: damaged, or cut off. Take another copy of it, or another backup.")
    return manifest


def what_is_there() -> Contents:
    """In the database now. Raises BackupError while anybody else is connected to it: they would write into what is replaced."""
    connection.close()
    with database.session() as session:
        if others := database.other_connections(session):
            raise BackupError(
                f"The database “{database.name()}” is in use, by {others} {'connection' if others == 1 else 'connections'}. "
                "Stop web, worker and beat, and whatever else is connected to it, such as a psql."
            )
        # Between two tasks a worker has no connection, and would write into what was restored a second later.
        (has_heartbeats,) = session.execute(HAS_HEARTBEATS).fetchone() or (False,)
        if has_heartbeats and (alive := session.execute(ALIVE, [MISSING_AFTER_SECONDS]).fetchall()):
            raise BackupError(
                f"The database “{database.name()}” is in use: {' and '.join(kind for (kind,) in alive)} showed life a moment ago. "
                f"Stop web, worker and beat; one that was killed is forgotten after {MISSING_AFTER_SECONDS} seconds."
            )
        return contents_of(session)


def restore(backup: Backup, manifest: Manifest, *, replaces: bool, also: str, say: Say) -> None:
    """In one transaction, with the SQL of `also`: where it fails, the database stays as it was. Raises BackupError, and NobodyKnows where
    nobody can say whether it did."""
    with database.session() as session:
        version = database.version(session)
    if version < manifest.major:
        raise BackupError(f"The backup is of PostgreSQL {manifest.major}, and the server is version {version}: an older one can't take it.")
    around = (BEGIN + EMPTY * replaces, also + COMMIT)
    unanswered = load(backup, program("pg_restore", version), program("psql", version), around, say)
    if unanswered:
        say("It ended without an answer to the last word: what is there now says whether it was heard.")
        try:
            is_heard = was_heard(unanswered)
        except (BackupError, KeyboardInterrupt) as error:
            why = str(error) or "it was ended by you."
            raise NobodyKnows(f"Whether {backup.dump.name} is restored couldn't be looked at: {why}") from error
        if not is_heard:
            raise BackupError("It wasn't heard: nothing was changed. Restore it once more.")


def was_heard(number: str) -> bool:
    """Whether the transaction of that number is committed. Raises BackupError where nobody can say so yet."""
    for _second in range(STILL_AT_IT_SECONDS):
        with database.session() as session:
            (became,) = session.execute("SELECT pg_xact_status(%s::xid8)", [number]).fetchone() or ("",)
        if became != "in progress":
            return bool(became == "committed")
        time.sleep(1)
    raise BackupError("PostgreSQL is still at it.")


def what_came_out() -> Contents:
    """In the database, restored. Raises BackupError."""
    with database.session() as session:
        session.execute("ANALYZE")  # what PostgreSQL knows of its tables isn't in a backup, and without it each page would be slow
        return contents_of(session)
