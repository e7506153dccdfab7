from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.signing_in.second_factor import reset


class Command(BaseCommand):
    help = (
        "Forget the phone and the recovery codes of somebody who has lost them. She sets up another phone when she signs in next;"
        " until then her password alone lets somebody do so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        who = parser.add_mutually_exclusive_group(required=True)
        who.add_argument("username", nargs="?", help="whose")
        who.add_argument("--everybody", action="store_true", help="everybody's: after SECRET_KEY was changed all of them are void")

    def handle(self, *args: Any, username: str | None, everybody: bool, **options: Any) -> None:
        users = User.objects.order_by("username") if everybody else User.objects.filter(username=username)
        if not users and not everybody:
            raise CommandError(f"There is no sign-in called “{username}”. Mind capitals.")
        reset_for = [user.get_username() for user in users if reset(user)]
        self.stdout.write(f"Reset: {', '.join(reset_for)}." if reset_for else "Nothing to reset: no phone was set up.")
