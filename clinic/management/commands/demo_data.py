"""Fill an empty database with a believable clinic."""

from concurrent.futures.process import BrokenProcessPool
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.demo.archive.filling import tidy
from clinic.demo.building import MOST_LIVED, DemoRefused, build

NOTHING_LEFT = "Nothing of it is left in the database: the same command begins anew."


class Command(BaseCommand):
    help = (
        "Fill an empty database with a believable clinic: the same for the same seed, relative to now. "
        f"Of more than {MOST_LIVED} patients most have their sessions, consents and recalls only, and no messages."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, default=60, metavar="N", help="how many patients (60); a million takes some minutes")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another clinic (1)")

    def handle(self, *args: Any, patients: int, seed: int, **options: Any) -> None:
        try:
            build(patients, seed, now=timezone.now(), say=self._say)
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        except (DatabaseError, BrokenProcessPool, OSError, MemoryError) as error:
            reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
            raise CommandError(f"The demo clinic wasn't made: {reason}. {NOTHING_LEFT}") from error
        except (KeyboardInterrupt, SystemExit):
            self._say(f"The demo clinic wasn't made: it was cut off. {NOTHING_LEFT}")
            raise
        if patients > MOST_LIVED:
            tidy()
        signins = ", ".join(f"{username} ({role})" for username, _, role in DEMO_ACCOUNTS)
        self._say(f"The demo clinic is ready, with {patients:,} patients. Sign-ins: {signins}; password: {DEMO_ACCOUNTS[0][1]}.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
