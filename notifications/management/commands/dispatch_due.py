import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications import services


class Command(BaseCommand):
    help = (
        "Send the messages that are due: one batch, or until none is left. Safe beside the workers, and more than once: nobody sends what "
        "another has claimed. “Put off” counts what was due and wasn't tried: it waits for quiet hours, the patient's pace or the daily "
        "cap to end, or it never goes because it has expired or the address opted out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--until-idle", action="store_true", help="go on until nothing is due")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, until_idle: bool, **options: Any) -> None:
        sent = services.dispatch_until_idle() if until_idle else services.dispatch()
        if options["json"]:
            self.stdout.write(json.dumps(sent._asdict()))
        else:
            self.stdout.write(f"{sent.accepted} sent, {sent.refused} refused, {sent.set_aside} put off.")
