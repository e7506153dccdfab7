"""Fill an empty database with a believable clinic."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from clinic.demo.accounts import DEMO_ACCOUNTS
from clinic.demo.building import DemoRefused, build


class Command(BaseCommand):
    help = "Fill an empty database with a believable clinic: the same for the same seed, relative to now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--patients", type=int, default=60, metavar="N", help="how many patients (60)")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed, another clinic (1)")

    def handle(self, *args: Any, patients: int, seed: int, **options: Any) -> None:
        try:
            build(patients, seed, now=timezone.now())
        except DemoRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        signins = ", ".join(f"{username} ({role})" for username, _, role in DEMO_ACCOUNTS)
        self.stdout.write(f"The demo clinic is ready, with {patients} patients. Sign-ins: {signins}; password: {DEMO_ACCOUNTS[0][1]}.")
