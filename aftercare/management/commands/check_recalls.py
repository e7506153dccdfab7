from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from aftercare.services import unnoted_reach
from scheduling.services import differences

SHOWN = 20


class Command(BaseCommand):
    help = "Work out from the appointments alone who is due when and where everybody stands, and say where what is stored differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help=f"say every difference, not the first {SHOWN}")

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for difference in (*differences(), *unnoted_reach()):
            count += 1
            if options["all"] or count <= SHOWN:
                self.stdout.write(str(difference))
        self.stdout.write(f"{count} {'difference' if count == 1 else 'differences'}.")
        if count:
            raise SystemExit(1)
