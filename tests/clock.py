"""What time it is for everything in this process. The database's own clock and the one that waiting is measured by go on."""

from datetime import UTC, date, datetime

import time_machine


def freeze_time(at: date | str, *, tick: bool = False) -> time_machine.travel:
    """`with freeze_time(at) as clock:`, then `clock.shift(…)` and `clock.move_to(…)`; or as a decorator. With `tick` it goes on from then.

    A text or a date without a zone is UTC.
    """
    # With a zone's name, the machine's own zone would change as well.
    return time_machine.travel(at.astimezone(UTC) if isinstance(at, datetime) and at.tzinfo else at, tick=tick)
