"""Let go of what has been kept for as long as the settings say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.services import forgetting
from clinic.services.forgetting import KINDS, Forgotten


class Command(BaseCommand):
    help = "Delete or blank what has been kept for as long as the KEEP_…_DAYS say, as happens each night. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how much that is, and change nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        now = timezone.now()
        try:
            done = forgetting.foresee(now) if dry_run else forgetting.forget(now).forgotten
        except KeyboardInterrupt as error:
            raise CommandError("Ended by you: what is gone is gone, and the rest goes the next time.") from error
        of = {one.kind.name: one for one in done}
        for kind in KINDS:
            self.stdout.write(f"{kind.name:<34}{_said(of[kind.name]) if kind.name in of else 'kept for ever'}")
        if dry_run:
            self.stdout.write("Nothing was changed.")


def _said(one: Forgotten) -> str:
    kept = f"kept for {one.kind.days} day{'' if one.kind.days == 1 else 's'}" if one.kind.setting else "kept until then"
    since = f", since {timezone.localtime(one.since):%Y-%m-%d}" if one.since else ""
    return f"{kept:<22}{one.count:>10,}{since}"
