import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from django.utils import timezone

from clinic.backups import BackupError, NobodyKnows, database
from clinic.backups.checking import checks, missing_migrations, outlook, unknown_migrations
from clinic.backups.contents import Contents
from clinic.backups.edges import path, told_to_end
from clinic.backups.files import Backup, chosen
from clinic.backups.manifest import Manifest
from clinic.backups.restoring import checked, restore, what_came_out, what_is_there
from clinic.backups.undoing import Undone, make_good, remembering, undone_by

DIFFERS = 2


class Command(BaseCommand):
    help = (
        "Restore a backup into the database that DATABASE_URL names, all of it or nothing, and hold what is there then against what was "
        "written down at the backup. Stop web, worker and beat before. Exit code: 0, all is as it was; 1, nothing was changed; "
        f"{DIFFERS}, it was restored, or may have been, and something differs or couldn't be looked at."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("backup", type=path, help="afterglow-DATE.dump, or a folder: the newest one in it")
        parser.add_argument("--replace", action="store_true", help="put it in the place of what is in the database now")
        parser.add_argument("--yes", metavar="NAME", help="with --replace: the database's name, where nobody can be asked for it")

    def handle(self, *args: Any, **options: Any) -> None:
        with told_to_end():
            self._handle(chosen_path=options["backup"], replace=options["replace"], yes=options["yes"])

    def _handle(self, chosen_path: Path, replace: bool, yes: str | None) -> None:
        try:
            backup = chosen(chosen_path)
            manifest = checked(backup)
            if newer := unknown_migrations(manifest):
                raise BackupError(f"The backup is of a newer version of Afterglow (it has {newer[0]}): install that one first.")
            there = what_is_there()
            if there.rows:
                self._must_be_meant(there, manifest, replace, yes)
            undone = undone_by(manifest.made_at, there)
            if undone.erased:  # said before: afterwards nothing here knows it, should the connection end
                numbers = ", ".join(map(str, undone.erased))
                self._say(f"Erased since the backup, or just before: patient {numbers}. Whom of them it brings back is said at the end.")
            self._say(f"Restoring {backup.dump.name}, made on {manifest.when} …")
            also = remembering(undone, manifest.contents)
        except KeyboardInterrupt as error:
            raise CommandError("Nothing was changed: it was ended by you.") from error
        except BackupError as error:
            raise CommandError(str(error)) from error
        try:
            restore(backup, manifest, replaces=bool(there.rows), also=also, say=self._say)
        except BackupError as error:
            raise CommandError(str(error), returncode=DIFFERS if isinstance(error, NobodyKnows) else 1) from error
        try:
            is_well = self._report(backup, manifest, undone)
        except (BackupError, Error, KeyboardInterrupt) as error:
            why = str(error).partition("\n")[0] or "it was ended by you"
            said = f"{backup.dump.name} is restored, but couldn't be looked at to the end: {why}"
            raise CommandError(said, returncode=DIFFERS) from error
        if not is_well:
            raise CommandError(f"{backup.dump.name} is restored, but it isn't what was backed up: see above.", returncode=DIFFERS)

    def _must_be_meant(self, there: Contents, manifest: Manifest, replace: bool, yes: str | None) -> None:
        name = database.name()
        holds = f"The database “{name}” isn't empty: it has {told(there)}."
        if not replace:
            raise CommandError(f"{holds} With --replace the backup takes their place, and they are gone.")
        if yes is None and sys.stdin.isatty():
            self._say(f"{holds} They will be gone; the backup of {manifest.when} has {told(manifest.contents)}.")
            try:
                yes = input("Type the database's name to go on: ").strip()
            except (EOFError, KeyboardInterrupt):
                self._say("")
        if yes != name:
            raise CommandError(f"{holds} Nothing was changed: to replace them, say which database it is, with --yes {name}.")

    def _report(self, backup: Backup, manifest: Manifest, undone: Undone) -> bool:
        """Whether all is as it was."""
        now, is_well = what_came_out(), True
        for line in make_good(undone, manifest.contents, now):
            self._say(line)
        for check in checks(manifest, now):
            self._say(f"  {check.about:<22} {'' if check.is_well else 'DIFFERS: '}{check.said}")
            is_well = is_well and check.is_well
        if not missing_migrations():
            for line in outlook(manifest, now=timezone.now()):
                self._say(line)
        if is_well:
            self._say(f"{backup.dump.name} is restored: {told(now)}. Everybody signs in again.")
        return is_well

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def told(contents: Contents) -> str:
    return f"{contents.patients:,} patients and {contents.appointments:,} appointments"
