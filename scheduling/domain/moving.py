"""A move can be taken back for a while, and the patient hears of it afterwards."""

from datetime import datetime, timedelta

UNDO_FOR = timedelta(minutes=3)


def whereabouts(starts_at: datetime, practitioner: int, room: int) -> str:
    """An appointment's time, practitioner and room in one word: a form carries it along, and so finds out that somebody has moved it."""
    return f"{starts_at.timestamp():.0f}.{practitioner}.{room}"
