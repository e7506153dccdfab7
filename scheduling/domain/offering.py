"""When a time that became free may be offered, and for how long an offer is the first one's."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

ANSWER_WITHIN = timedelta(minutes=15)
NOTICE = timedelta(hours=1)  # nobody is asked to come sooner than that


def may_be_asked(now: datetime, zone: ZoneInfo, quiet: tuple[time, time]) -> bool:
    """Outside her quiet hours, and early enough before them for the whole quarter of an hour. `zone` is where she lives."""
    return not any(_covers(quiet, at.astimezone(zone).time()) for at in (now, now + ANSWER_WITHIN))


def _covers(quiet: tuple[time, time], clock: time) -> bool:
    """From inclusive, until exclusive; they may run past midnight."""
    starts, ends = quiet
    return starts <= clock < ends if starts <= ends else clock >= starts or clock < ends
