#!/usr/bin/env python
"""Django's command line for Afterglow."""

import os
import signal
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from clinic.environment import or_a_sentence


def act_as_command(words: list[str]) -> None:
    """What it writes stands on the trail under its name."""
    from clinic.services.acting import ACTOR, Actor

    if len(words) > 1:
        ACTOR.set(Actor(f"command {words[1]}"[:200]))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    # Ended in order rather than at once: what runs at exit stops the local engines.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with or_a_sentence():
            act_as_command(sys.argv)
            execute_from_command_line(sys.argv)
    except OperationalError as error:
        from clinic.masking import unreached

        if not (why := unreached(error)):  # what a statement did wrong
            raise
        sys.exit(f"{why}. Look at DATABASE_URL.")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    main()
