"""What is backed up comes back, all of it or nothing, and what isn't as it was is seen."""

import errno
import fcntl
import json
import os
import shutil
import signal
import stat
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, connections
from django.utils import timezone

import clinic
from aftercare.models import Consent
from clinic.backups import BackupError, checking, database, making, programs
from clinic.backups.contents import contents_of
from clinic.backups.files import Backup, complete
from clinic.backups.manifest import Manifest
from clinic.backups.restoring import was_heard
from clinic.backups.undoing import Undone, remembering
from clinic.ops import hearts
from clinic.services.trail import note
from notifications.models import Message, Suppression, address_hash
from notifications.services import Draft, schedule, suppress
from scheduling.models import Appointment, Patient, Standing
from tests.clinic_world import FIRST, Clinic, at, open_clinic, patient
from tests.emptying import empty_the_tables
from tests.faults.story import on_database
from tests.production.databases import own_database

ROOT = Path(__file__).parents[2]


def said_by(command: str, *words: object, **options: object) -> str:
    said = StringIO()
    call_command(command, *map(str, words), stdout=said, **options)
    return said.getvalue()


def refusal(command: str, *words: object) -> str:
    with pytest.raises(CommandError) as refused:
        said_by(command, *words)
    assert refused.value.returncode == 1
    return str(refused.value)


def live(clinic: Clinic) -> Clinic:
    """Ana is treated and may be asked back, Ben is booked, and Chloe says stop."""
    clinic.agrees_to_recalls(clinic.ana)
    clinic.treat(clinic.consents(clinic.ana))
    clinic.book(clinic.ben, FIRST + timedelta(hours=3))
    suppress("sms", clinic.chloe.phone.as_e164, reason="STOP")
    return clinic


@pytest.fixture(scope="module")
def original(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with a backup of them."""
    folder = tmp_path_factory.mktemp("original")
    with django_db_blocker.unblock():
        live(open_clinic())
        said_by("backup", folder)
        empty_the_tables()
    return folder


@pytest.fixture(scope="module")
def restored_original(original: Path, django_db_blocker: Any) -> Iterator[str]:
    """The name of a database that it was restored into."""
    with django_db_blocker.unblock(), own_database() as url:
        with on_database(url):
            said_by("restore", original)
        yield url.rpartition("/")[2]


@pytest.fixture
def treated(committed_clinic: Clinic) -> Clinic:
    return live(committed_clinic)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def backup(transactional_db: None, original: Path, folder: Path) -> Backup:
    """A copy, to be spoiled."""
    shutil.copytree(original, folder)
    return complete(folder)[0]


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An empty database; this process works on it."""
    with own_database() as url, on_database(url):
        yield url


@pytest.fixture
def restored(restored_original: str) -> Iterator[str]:
    """A database with what is in the backup; this process works on it. Its name."""
    with own_database(restored_original) as url, on_database(url):
        yield url.rpartition("/")[2]


@pytest.fixture
def program_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """There is no other pg_dump than one of that version which says that and gives up."""

    def make(version: int, *says: str) -> None:
        path = tmp_path / "pg_dump"
        words = "\n".join(f"echo '{line}' >&2" for line in says)
        path.write_text(f"#!/bin/sh\nif [ $1 = --version ]; then echo 'pg_dump (PostgreSQL) {version}.1'; exit; fi\n{words}\nexit 1\n")
        path.chmod(0o755)
        monkeypatch.setattr(programs, "_places", lambda name: iter([str(path)]))

    return make


def test_the_version_is_that_of_the_project():
    assert clinic.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


class TestABackup:
    def test_is_two_files_for_their_owner_only_and_says_what_is_in_it(self, treated, folder):
        said = said_by("backup", folder)

        (backup,) = complete(folder)
        assert sorted(path.name for path in folder.iterdir()) == sorted([backup.dump.name, backup.manifest.name])
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert "3 patients, 2 appointments" in said
        told = json.loads(backup.manifest.read_text())
        assert (told["afterglow"], told["postgresql"].partition(".")[0]) == (clinic.__version__, "18")
        assert told["contents"]["rows"]["scheduling_patient"] == 3
        assert told["contents"]["rows"]["notifications_suppression"] == 1
        assert "scheduling.0001_initial" in told["contents"]["migrations"]
        assert "constraint one_message_per_key of notifications_message" in told["contents"]["held"]
        assert "trigger consent_is_append_only of aftercare_consent" in told["contents"]["held"]

    def test_holds_no_key_no_session_and_nobody_who_shows_life(self, treated, folder, settings):
        settings.ADDRESS_HASH_KEY, settings.SECRET_KEY = "the-key-of-the-addresses", "the-key-of-the-sessions"
        SessionStore().create()
        hearts.beat("worker", "celery@here")
        said_by("backup", folder)

        (backup,) = complete(folder)
        for path in (backup.dump, backup.manifest):
            assert b"the-key-of" not in path.read_bytes()
        with own_database() as url, on_database(url):
            said_by("restore", backup.dump)
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM django_session")
                assert cursor.fetchone() == (0,)
            assert hearts.hearts() == []

    @pytest.mark.parametrize("is_later", [False, True])  # True, the control: dumped a moment after it was counted
    def test_is_of_one_moment_whatever_is_written_meanwhile(self, treated, folder, monkeypatch, is_later):
        dump = making._dump
        with psycopg.connect(**database._parameters()) as later:

            def dump_when_somebody_has_come(pg_dump: str, snapshot: str, *rest: object) -> None:
                patient("Dora Dunn", 4)
                dump(pg_dump, later.execute("SELECT pg_export_snapshot()").fetchone()[0] if is_later else snapshot, *rest)

            monkeypatch.setattr(making, "_dump", dump_when_somebody_has_come)
            said_by("backup", folder)

        assert Patient.objects.count() == 4
        with own_database() as url, on_database(url):
            if is_later:
                with pytest.raises(CommandError) as differs:
                    said_by("restore", folder)
                assert differs.value.returncode == 2
            else:
                assert "is restored: 3 patients" in said_by("restore", folder)

    def test_the_older_ones_go_and_the_newest_stay(self, treated, folder, monkeypatch):
        for day in (1, 2, 3):
            monkeypatch.setattr(timezone, "now", lambda day=day: at(f"2026-11-0{day}", "03:30"))
            said = said_by("backup", folder, "--keep", 2)

        assert "1 older backup was deleted; the newest 2 stay." in said
        assert sorted(path.name for path in folder.iterdir()) == [
            f"afterglow-2026-11-0{day}-083000.{kind}" for day in (2, 3) for kind in ("dump", "json")
        ]

    def test_what_one_that_was_cut_off_has_left_is_neither_taken_nor_kept(self, treated, folder):
        folder.mkdir()
        (folder / "afterglow-2026-11-01-083000.dump.partial").touch()
        (folder / "afterglow-2026-11-02-083000.dump").touch()  # and its manifest isn't there
        assert "There is no complete backup in" in refusal("restore", folder)

        said_by("backup", folder, "--keep", 1)

        assert list(folder.glob("*.partial")) == []
        assert len(complete(folder)) == 1

    def test_an_older_one_that_cannot_be_deleted_is_said_after_the_new_one(self, treated, folder):
        (folder / "afterglow-2026-11-01-083000.dump").mkdir(parents=True)
        (folder / "afterglow-2026-11-01-083000.json").touch()
        out = StringIO()

        with pytest.raises(CommandError, match=r"afterglow-2026-11-01-083000.dump is older, and can't be deleted: "):
            call_command("backup", str(folder), "--keep", "1", stdout=out)

        assert "3 patients" in out.getvalue()
        assert len(complete(folder)) == 1


class TestNoBackup:
    """A sentence that says what to do, and nothing is left."""

    @pytest.fixture(autouse=True)
    def _nothing_is_left(self, treated: Clinic, folder: Path) -> Iterator[None]:
        yield
        assert not folder.is_dir() or list(folder.iterdir()) == []

    def test_without_pg_dump(self, folder, monkeypatch):
        monkeypatch.setattr(programs, "_places", lambda name: iter([]))

        assert refusal("backup", folder) == (
            "There is no pg_dump here: install postgresql-client-18, or put the folder that it is in on PATH."
        )

    def test_with_one_that_is_older_than_the_server(self, folder, program_that):
        program_that(15)

        assert refusal("backup", folder) == (
            "pg_dump here is version 15, which can't deal with PostgreSQL 18: install postgresql-client-18 "
            "(docs/operations.md says where from)."
        )

    def test_without_room(self, folder, program_that):
        program_that(18, "pg_dump: dumping contents of table", "pg_dump: error: could not write to output file: No space left on device")

        assert (
            refusal("backup", folder) == f"There is no room left in {folder}: no backup was made. Make room there, or name another folder."
        )

    def test_where_it_gives_up_for_another_reason(self, folder, program_that):
        program_that(18, "pg_dump: error: query failed: ERROR:  permission denied for table scheduling_patient", "pg_dump: detail: LOCK")

        assert refusal("backup", folder) == "pg_dump gave up: permission denied for table scheduling_patient."

    def test_where_there_is_no_folder(self, tmp_path):
        assert refusal("backup", tmp_path / "not" / "there") == f"{tmp_path / 'not' / 'there'} can't be used: No such file or directory."

    def test_where_postgresql_is_not_reached(self, folder, monkeypatch):
        monkeypatch.setitem(connections["default"].settings_dict, "PORT", "9")

        said = refusal("backup", folder)

        assert said.startswith("PostgreSQL isn't reached by DATABASE_URL: ")
        assert "Connection refused" in said

    def test_while_another_one_is_being_written(self, folder):
        folder.mkdir()
        held = os.open(folder, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            assert refusal("backup", folder) == f"Another backup is being written to {folder}. Wait for it."
        finally:
            os.close(held)

    @pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
    def test_where_it_is_told_to_end(self, folder, monkeypatch, sent):
        monkeypatch.setattr(making, "_dump", lambda *_: signal.raise_signal(sent))

        assert refusal("backup", folder) == "No backup was made: it was ended by you."

    @pytest.mark.parametrize("command", ["backup", "restore"])
    def test_where_a_variable_names_no_folder(self, command):
        with pytest.raises(CommandError, match="it is empty: no folder, and not the one that you are in"):
            said_by(command, "")

    @pytest.mark.parametrize("keep", ["0", "-1", "two"])
    def test_with_nothing_to_keep(self, folder, keep):
        with pytest.raises(CommandError, match="must be a whole number, 1 or more"):
            said_by("backup", folder, f"--keep={keep}")


class TestARestore:
    def test_brings_everything_back_and_says_so(self, treated, backup, elsewhere):
        said = said_by("restore", backup.dump)

        assert "  migrations             " in said
        assert "DIFFERS" not in said
        assert f"{backup.dump.name} is restored: 3 patients and 2 appointments. Everybody signs in again." in said
        assert Patient.objects.get(first_name="Ana").phone == treated.ana.phone
        assert Suppression.objects.count() == 1

    def test_what_postgresql_refused_it_refuses_again_and_numbers_go_on(self, transactional_db, restored):
        ana, ben = (Appointment.objects.get(patient__first_name=name) for name in ("Ana", "Ben"))
        with pytest.raises(IntegrityError, match="practitioner"):
            Appointment.objects.filter(pk=ana.pk).update(during=ben.during)
        with pytest.raises((InternalError, IntegrityError), match="consents are append-only"):
            Consent.objects.update(address="+12125550199")
        assert patient("Dora Dunn", 4).pk > max(Patient.objects.exclude(first_name="Dora").values_list("pk", flat=True))

    @pytest.mark.parametrize("words", [[], ["--replace"], ["--replace", "--yes", "another"]])
    def test_never_by_mistake_over_what_is_there(self, backup, restored, words):
        patient("Dora Dunn", 4)

        said = refusal("restore", backup.dump, *words)

        assert f"The database “{restored}” isn't empty: it has 4 patients and 2 appointments." in said
        assert Patient.objects.count() == 4

    @pytest.mark.parametrize("pressed", [EOFError, KeyboardInterrupt])
    def test_whoever_is_asked_and_leaves_has_changed_nothing(self, backup, restored, monkeypatch, pressed):
        def leave(question: str) -> str:
            raise pressed

        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", leave)
        assert "Nothing was changed" in refusal("restore", backup.dump, "--replace")

    @pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
    def test_one_that_is_interrupted_says_that_nothing_was_changed(self, backup, restored, monkeypatch, sent):
        def pressed(script: Any, reader: Any, psql: Any, around: tuple[str, str], say: Any) -> None:
            psql.write(around[0].encode())
            psql.flush()
            signal.raise_signal(sent)

        monkeypatch.setattr("clinic.backups.loading._pass_on", pressed)
        patient("Dora Dunn", 4)
        assert refusal("restore", backup.dump, "--replace", "--yes", restored) == "Nothing was changed: it was ended by you."
        assert Patient.objects.filter(first_name="Dora").exists()

    def test_nor_does_one_that_is_ended_before_it_began(self, backup, restored, monkeypatch):
        monkeypatch.setattr("clinic.backups.restoring.sha256_of", lambda path: signal.raise_signal(signal.SIGTERM))
        assert refusal("restore", backup.dump) == "Nothing was changed: it was ended by you."

    def test_in_the_place_of_what_is_there_where_that_is_meant(self, backup, restored):
        Patient.objects.filter(first_name="Chloe").delete()
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE left_behind (id int)")

        said = said_by("restore", backup.dump, "--replace", "--yes", restored)

        assert "DIFFERS" not in said
        assert Patient.objects.count() == 3
        assert "left_behind" not in connection.introspection.table_names()

    def test_over_what_is_there_it_undoes_no_stop(self, backup, restored):
        """Stamped a moment before the backup, too: it may have been committed a moment after."""
        ben, dora = Patient.objects.get(first_name="Ben"), patient("Dora Dunn", 4)
        suppress("sms", ben.phone.as_e164, reason=r"it's :stop, or \stop")
        suppress("sms", dora.phone.as_e164, reason="STOP", now=Manifest.read(backup.manifest).made_at - timedelta(seconds=1))
        before = set(Suppression.objects.values_list("channel", "address_hash", "reason", "created_at"))

        said = said_by("restore", backup.dump, "--replace", "--yes", restored)

        assert "Whoever said STOP since the backup is remembered: 2." in said
        assert set(Suppression.objects.values_list("channel", "address_hash", "reason", "created_at")) == before
        assert len(before) == 3

    def test_nor_does_one_that_ends_as_soon_as_it_is_committed_and_it_says_that_it_is(self, backup, restored, monkeypatch):
        suppress("sms", "+12125550199", reason="STOP")

        def ends() -> None:
            raise BackupError("PostgreSQL refused: it is shutting down.")

        monkeypatch.setattr("clinic.management.commands.restore.what_came_out", ends)
        with pytest.raises(CommandError) as ended:
            said_by("restore", backup.dump, "--replace", "--yes", restored)

        assert ended.value.returncode == 2
        assert str(ended.value) == (
            f"{backup.dump.name} is restored, but couldn't be looked at to the end: PostgreSQL refused: it is shutting down."
        )
        assert Suppression.objects.filter(address_hash=address_hash("+12125550199")).exists()

    def test_what_follows_from_such_a_stop_follows(self, backup, restored):
        ana = Patient.objects.get(first_name="Ana")
        assert (ana.reached_by, Standing.objects.get(patient=ana).reached_by) == ("sms", "sms")
        suppress("sms", ana.phone.as_e164, reason="STOP")

        said = said_by("restore", backup.dump, "--replace", "--yes", restored)

        assert "DIFFERS" not in said
        assert (Patient.objects.get(pk=ana.pk).reached_by, Standing.objects.get(patient=ana).reached_by) == ("", "")

    def test_of_those_erased_since_it_names_whom_it_brings_back_and_all_of_them_before(self, backup, restored):
        ana, dora = Patient.objects.get(first_name="Ana"), patient("Dora Dunn", 4)
        note("erased", patient_id=ana.pk)
        note("erased", patient_id=dora.pk)  # the next new patient's number, once the backup is restored

        before, _restoring, after = said_by("restore", backup.dump, "--replace", "--yes", restored).partition("Restoring")

        assert f"Erased since the backup, or just before: patient {ana.pk}, {dora.pk}." in before
        assert f"Erase again whoever was erased since the backup: patient {ana.pk}.\n" in after
        assert patient("Eve Evans", 5).pk == dora.pk

    def test_a_backup_that_knows_of_no_stops_gets_none(self, backup):
        was = Manifest.read(backup.manifest).contents
        undone = Undone(stops=[("sms", "0" * 64, "STOP", FIRST)])

        assert remembering(undone, was._replace(rows={})) == ""
        assert "INSERT" in remembering(undone, was)

    def test_one_that_breaks_off_changes_nothing(self, backup, restored):
        patient("Dora Dunn", 4)
        cut_off(backup)

        said = refusal("restore", backup.dump, "--replace", "--yes", restored)

        assert said.startswith("Nothing was changed: ")
        assert Patient.objects.count() == 4

    def test_control_without_one_transaction_it_would(self, backup, restored, monkeypatch):
        cut_off(backup)
        monkeypatch.setattr("clinic.backups.restoring.BEGIN", "")

        refusal("restore", backup.dump, "--replace", "--yes", restored)

        with psycopg.connect(**database._parameters()) as session:
            assert contents_of(session).patients == 0

    def test_of_a_damaged_file_is_refused(self, backup, elsewhere):
        content = bytearray(backup.dump.read_bytes())
        content[len(content) // 2] ^= 1
        backup.dump.write_bytes(content)

        assert refusal("restore", backup.dump) == (
            f"{backup.dump.name} isn't as it was written: damaged, or cut off. Take another copy of it, or another backup."
        )
        assert connection.introspection.table_names() == []

    def test_under_another_key_for_addresses_is_refused(self, backup, elsewhere, settings):
        settings.ADDRESS_HASH_KEY = "another"

        assert refusal("restore", backup.dump).startswith(
            "ADDRESS_HASH_KEY isn't the one that this backup was made under: whoever said STOP would be forgotten, and texted."
        )
        assert connection.introspection.table_names() == []

    def test_under_another_secret_key_says_what_that_ends(self, backup, elsewhere, settings):
        settings.SECRET_KEY = "another"

        assert "SECRET_KEY is another one than then: links in emails that have been sent no longer work" in said_by("restore", backup.dump)

    def test_without_the_file_beside_it_is_refused(self, backup, elsewhere):
        backup.manifest.unlink()

        assert refusal("restore", backup.dump) == (
            f"{backup.manifest.name} isn't beside the dump: it says what must come out of it. Bring both files."
        )

    @pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 1}', "\0"])
    def test_beside_a_file_that_says_something_else_is_refused(self, backup, elsewhere, content):
        backup.manifest.write_text(content)

        assert "isn't what `backup` writes" in refusal("restore", backup.dump)

    @pytest.mark.parametrize("changed", [{"rows": [1]}, {"rows": {"scheduling_patient": "3"}}, {"held": [1]}, {"migrations": 1}])
    def test_beside_a_file_that_could_not_be_compared_is_refused_before(self, backup, elsewhere, changed):
        told = json.loads(backup.manifest.read_text())
        told["contents"] |= changed
        backup.manifest.write_text(json.dumps(told))

        assert "isn't what `backup` writes" in refusal("restore", backup.dump)

    def test_that_cannot_be_read_says_why(self, backup, elsewhere):
        backup.dump.unlink()
        backup.dump.mkdir()

        assert refusal("restore", backup.manifest) == f"{backup.dump} can't be read: Is a directory."

    @pytest.mark.parametrize("ending", [".age", ".tar", ""])
    def test_that_is_still_encrypted_is_not_taken_for_what_lies_beside_it(self, backup, elsewhere, ending):
        other = backup.dump.with_name(f"{backup.dump.name}{ending}" if ending else "afterglow")
        other.write_bytes(b"age-encryption.org/v1")

        assert refusal("restore", other) == f"{other.name} isn't what `backup` writes: unpack or decrypt it, and name the .dump."

    def test_whose_name_cannot_be_looked_at_says_why(self, tmp_path):
        assert refusal("restore", tmp_path / ("long" * 100)).endswith("can't be read: File name too long.")

    def test_in_a_folder_of_somebody_else_says_so(self, backup, monkeypatch):
        def denied(path):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(os, "listdir", denied)

        assert refusal("restore", backup.dump.parent) == f"{backup.dump.parent} can't be read: Permission denied."

    def test_that_is_ended_while_it_is_looked_at_says_that_it_is_restored(self, backup, elsewhere, monkeypatch):
        def ended(*_args):
            raise KeyboardInterrupt

        monkeypatch.setattr("clinic.management.commands.restore.checks", ended)

        with pytest.raises(CommandError) as error:
            said_by("restore", backup.dump)

        assert error.value.returncode == 2
        assert str(error.value) == f"{backup.dump.name} is restored, but couldn't be looked at to the end: it was ended by you"

    def test_of_a_newer_version_is_refused(self, backup, elsewhere):
        told = json.loads(backup.manifest.read_text())
        told["contents"]["migrations"].append("scheduling.9999_of_tomorrow")
        backup.manifest.write_text(json.dumps(told))

        assert refusal("restore", backup.dump) == (
            "The backup is of a newer version of Afterglow (it has scheduling.9999_of_tomorrow): install that one first."
        )

    def test_while_a_worker_shows_life_is_refused_though_it_is_not_connected(self, backup, restored):
        hearts.beat("worker", "celery@there")

        assert "is in use: worker showed life a moment ago. Stop web, worker and beat" in refusal("restore", backup.dump, "--replace")

        with connection.cursor() as cursor:
            cursor.execute("UPDATE clinic_heartbeat SET at = now() - interval '2 minutes'")
        assert "to replace them, say which database it is" in refusal("restore", backup.dump, "--replace")

    def test_while_somebody_else_is_connected_is_refused(self, backup, elsewhere):
        with psycopg.connect(elsewhere):
            assert "is in use, by 1 connection. Stop web, worker and beat" in refusal("restore", backup.dump)

    def test_who_is_just_going_is_waited_for(self, backup, elsewhere):
        """PostgreSQL lists a connection for a moment after it was closed, the command's own among them."""
        going = psycopg.connect(elsewhere)
        later = threading.Timer(0.3, going.close)
        later.start()
        try:
            assert "is restored: 3 patients and 2 appointments." in said_by("restore", backup.dump)
        finally:
            later.join()

    def test_on_an_older_server_is_refused(self, backup, elsewhere, monkeypatch):
        monkeypatch.setattr("clinic.backups.database.version", lambda session: 17)

        assert refusal("restore", backup.dump) == (
            "The backup is of PostgreSQL 18, and the server is version 17: an older one can't take it."
        )


class TestWhereNobodyAnswersTheLastCommit:
    """Psql passes on all that it is given, or all but the COMMIT, and its connection is gone."""

    HEARD, UNHEARD = "", "head -n -1 | "

    @pytest.fixture
    def psql_ends(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        paths = {name: programs.program(name, 18) for name in ("pg_restore", "psql")}

        def make(passing_on: str) -> None:
            path = tmp_path / "psql"
            path.write_text(f'#!/bin/sh\n{passing_on}{paths["psql"]} "$@"\nexit 2\n')
            path.chmod(0o755)
            monkeypatch.setattr("clinic.backups.restoring.program", lambda name, version: str(path) if name == "psql" else paths[name])

        return make

    def test_and_it_was_heard_all_is_looked_at(self, backup, restored, psql_ends):
        psql_ends(self.HEARD)
        patient("Dora Dunn", 4)

        said = said_by("restore", backup.dump, "--replace", "--yes", restored)

        assert "It ended without an answer to the last word: what is there now says whether it was heard.\n  migrations" in said
        assert f"{backup.dump.name} is restored: 3 patients and 2 appointments." in said
        assert Patient.objects.count() == 3

    def test_and_it_was_not_heard_what_was_there_is_there(self, backup, restored, psql_ends):
        """As many rows of everything as in the backup, so no count tells them apart."""
        psql_ends(self.UNHEARD)
        Patient.objects.filter(first_name="Chloe").update(first_name="Dora")

        assert refusal("restore", backup.dump, "--replace", "--yes", restored) == (
            "It wasn't heard: nothing was changed. Restore it once more."
        )
        assert Patient.objects.filter(first_name="Dora").exists()

    def test_nor_is_anything_in_an_empty_database(self, backup, elsewhere, psql_ends):
        psql_ends(self.UNHEARD)

        assert refusal("restore", backup.dump) == "It wasn't heard: nothing was changed. Restore it once more."
        assert connection.introspection.table_names() == []

    def test_and_postgresql_is_gone_nobody_knows(self, backup, elsewhere, psql_ends, monkeypatch):
        psql_ends(self.HEARD)

        def is_gone(number: str) -> bool:
            raise BackupError("PostgreSQL isn't reached by DATABASE_URL: it is shutting down.")

        monkeypatch.setattr("clinic.backups.restoring.was_heard", is_gone)
        with pytest.raises(CommandError) as ended:
            said_by("restore", backup.dump)

        assert ended.value.returncode == 2
        assert str(ended.value) == (
            f"Whether {backup.dump.name} is restored couldn't be looked at: PostgreSQL isn't reached by DATABASE_URL: it is shutting down."
        )

    def test_as_long_as_postgresql_is_still_at_it_nobody_says(self, elsewhere, monkeypatch):
        monkeypatch.setattr("clinic.backups.restoring.STILL_AT_IT_SECONDS", 1)
        with psycopg.connect(elsewhere) as still:
            (number,) = still.execute("SELECT pg_current_xact_id()::text").fetchone()
            with pytest.raises(BackupError, match="PostgreSQL is still at it"):
                was_heard(number)
            still.commit()
        assert was_heard(number)


def cut_off(backup: Backup) -> None:
    """As if it had been made so: what is written beside it fits it."""
    content = backup.dump.read_bytes()
    backup.dump.write_bytes(content[: len(content) * 3 // 4])
    told = json.loads(backup.manifest.read_text())
    from clinic.backups.files import sha256_of

    backup.manifest.write_text(json.dumps(told | {"sha256": sha256_of(backup.dump)}))


class TestWhatIsSaidAfterwards:
    @pytest.fixture
    def manifest(self, backup: Backup, restored: str) -> Manifest:
        return Manifest.read(backup.manifest)

    def differences(self, manifest: Manifest) -> dict[str, str]:
        with psycopg.connect(**database._parameters()) as session:
            now = contents_of(session)
        return {check.about: check.said for check in checking.checks(manifest, now) if not check.is_well}

    @pytest.mark.parametrize(
        ("broken", "about", "said"),
        [
            (
                "DELETE FROM notifications_suppression",
                "rows",
                "notifications_suppression has 0, had 1",
            ),
            (
                "ALTER TABLE notifications_message DROP CONSTRAINT message_status_is_known",
                "held by the database",
                "constraint message_status_is_known of notifications_message is missing",
            ),
            (
                "ALTER TABLE aftercare_consent DISABLE TRIGGER consent_is_append_only",
                "held by the database",
                "trigger consent_is_append_only of aftercare_consent is missing",
            ),
            ("DROP INDEX messages_to_claim", "held by the database", "index messages_to_claim is missing"),
            (
                "UPDATE scheduling_recall SET due_on = due_on + 1",
                "recalls",
                "is kind",
            ),
        ],
    )
    def test_what_is_not_as_it_was(self, manifest, broken, about, said):
        with connection.cursor() as cursor:
            cursor.execute(broken)

        found = self.differences(manifest)

        assert list(found) == [about]
        assert said in found[about]

    def test_a_version_that_is_newer_than_the_backup_is_migrated_first(self, manifest):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'scheduling' AND name = '0003_products'")
        now = manifest.contents._replace(migrations=[name for name in manifest.contents.migrations if "0003_products" not in name])

        said = [check.said for check in checking.checks(manifest._replace(contents=now), now) if check.about == "this version"]

        assert said == ["has 1 newer migration. Now run: python manage.py migrate, then check_recalls --mend"]

    def test_what_will_go_out_and_what_is_too_late(self, manifest):
        Message.objects.all().delete()
        now = at("2026-11-10", "12:00")
        for number, (channel, hours) in enumerate((("sms", 24), ("sms", 1), ("email", 24))):
            address = "ana@example.org" if channel == "email" else "+12125550101"
            due = now - timedelta(hours=3)
            schedule([Draft(f"m{number}", channel, address, "text", due, due + timedelta(hours=hours), subject="s")], now=due)

        lines = list(checking.outlook(manifest, now=now))

        assert lines[0].startswith(
            "3 messages are due, the oldest since 2026-11-10 14:00 UTC. Once a worker runs, 1 may go by text and 1 by "
        )
        assert lines[-1].startswith("What was done after ")
