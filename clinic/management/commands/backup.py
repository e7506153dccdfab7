import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.backups import BackupError
from clinic.backups.edges import path, told_to_end
from clinic.backups.files import forget_older, size
from clinic.backups.making import make_backup


class Command(BaseCommand):
    help = (
        "Write a backup of the database into a folder: two files, afterglow-DATE.dump and afterglow-DATE.json, complete or not there at "
        "all. Everything goes on meanwhile. The keys in .env aren't in it: keep them elsewhere."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=path, help="where to; it is made, for you only, where it isn't there")
        parser.add_argument("--keep", type=_at_least_one, metavar="N", help="afterwards delete all in that folder but the N newest")

    def handle(self, *args: Any, folder: Path, keep: int | None, **options: Any) -> None:
        began = time.monotonic()
        try:
            with told_to_end():
                backup, manifest = make_backup(folder, now=timezone.now(), say=self._say)
            seconds = time.monotonic() - began
            self._say(
                f"{backup.dump}: {manifest.contents.patients:,} patients, {manifest.contents.appointments:,} appointments, "
                f"{size(manifest.size)}, in {seconds:.0f} s."
            )
            deleted = forget_older(folder, keep) if keep else 0
        except BackupError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as error:
            raise CommandError("No backup was made: it was ended by you.") from error
        if deleted:
            self._say(f"{deleted} older {'backup was' if deleted == 1 else 'backups were'} deleted; the newest {keep} stay.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _at_least_one(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"“{text}” must be a whole number, 1 or more.")
    return int(text)
