"""A file of patients, from being brought to being imported or put away."""

from datetime import datetime, timedelta

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from scheduling.errors import FileRefused
from scheduling.models import Patient, PatientFile
from scheduling.services.importing.lines import Preview
from scheduling.services.importing.sheets import read_sheet

MOST_BYTES = 5_000_000
KEPT_FOR = timedelta(hours=1)
GONE = "That file was imported or discarded already. Choose it once more to import it."
FORGOTTEN = (
    "A patient was erased while this file was waiting, and so it was forgotten. Nobody was imported. Choose it once more; if that patient"
    " is in it, take them out first."
)
IMPORTS = 0x1A7E  # the key of the lock that lets one import go at a time
ERASURES = 0x1A7F  # and of the one by which none is brought while somebody is erased


@transaction.atomic
def bring_file(name: str, content: bytes, *, by: User, now: datetime | None = None) -> PatientFile:
    """Keep a file until its preview is decided upon, for an hour at most. Raises FileRefused where it can't be read."""
    now = now or timezone.now()
    if len(content) > MOST_BYTES:
        raise FileRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it, and import one part after the other.")
    read_sheet(content)
    _hold_off_erasures()
    forget_files(now)
    return PatientFile.objects.create(brought_by=by, brought_at=now, name=name[-200:], content=content)


def show_file(file: PatientFile) -> Preview:
    """What importing it would do. Nothing is saved."""
    preview, _patients = _gone_through(file, save=False)
    return preview


@transaction.atomic
def import_file(file: PatientFile, *, by: User, leave_out: bool = False, now: datetime | None = None) -> Preview:
    """Add every patient of the file who isn't here yet, and forget the file. Rows to fix are left out only where `leave_out` says so.

    Everything is looked at again: who was added since the preview is here by now, and is skipped. Raises FileRefused, and then nobody was
    added.
    """
    now = now or timezone.now()
    take_turns()
    kept = PatientFile.objects.select_for_update().filter(pk=file.pk, brought_by=by, brought_at__gt=now - KEPT_FOR).first()
    if kept is None:
        raise FileRefused(GONE)
    if kept.is_forgotten:
        raise FileRefused(FORGOTTEN)
    done, patients = _gone_through(kept, save=True)
    if done.mend and not leave_out:
        raise FileRefused("Some rows can’t be imported as they are. Fix them and choose the file again, or tick that they are left out.")
    if patients:
        LogEntry.objects.log_actions(by.pk, patients, ADDITION, change_message="Imported from a file.")
    kept.delete()
    return done


def _gone_through(file: PatientFile, *, save: bool) -> tuple[Preview, list[Patient]]:
    from scheduling.services.importing.resource import go_through  # 15 MB, for what few of all processes ever do

    return go_through(read_sheet(bytes(file.content)), save=save)


def take_turns() -> None:
    """One import at a time: two files with the same patient in them would each find her missing. Requires a transaction."""
    _lock("SELECT pg_advisory_xact_lock(%s)", IMPORTS)


def _hold_off_erasures() -> None:
    """One that isn't over yet wouldn't see the file, and its preview would still see who is erased. Requires a transaction."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s)", ERASURES)


def _lock(statement: str, key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])


def put_away(file: PatientFile) -> None:
    """Forget a file without importing anything."""
    file.delete()


def forget_waiting_files() -> None:
    """All that anybody has yet to decide upon: whoever is erased may be in each, written in any way, and would be added anew by it.

    Requires a transaction, in which she goes. Whose import has begun, and found her here, is waited for; whose hasn't waits in turn, and
    is refused.
    """
    _lock("SELECT pg_advisory_xact_lock(%s)", ERASURES)
    PatientFile.objects.update(name="", content=b"")


@transaction.atomic
def forget_files(now: datetime) -> int:
    """Delete what nobody has decided upon within the hour. How many there were."""
    _hold_off_erasures()  # which take the same rows, in an order of their own
    deleted, _by_model = PatientFile.objects.filter(brought_at__lte=now - KEPT_FOR).delete()
    return deleted
