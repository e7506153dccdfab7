"""What the desk's pages send as text: the number of a row, a time on the clinic's clock, and a free time in one word."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from scheduling.services import Slot

LOCAL = "%Y-%m-%dT%H:%M"
DIGITS = 18  # so many always fit into a row's number


def number(text: str | None) -> int | None:
    """None where it is none that a row could have."""
    return int(text) if text and re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", text) else None


def on_the_wall(typed: datetime, zone: ZoneInfo) -> datetime:
    """What was typed is the clock at the clinic; Django has read it in the current time zone."""
    return timezone.make_naive(typed).replace(tzinfo=zone)


def local(at: datetime, zone: ZoneInfo) -> str:
    """`2026-12-01T10:00` on the clock of `zone`, as pages and their addresses have it."""
    return f"{at.astimezone(zone):{LOCAL}}"


def in_one_word(slot: Slot) -> str:
    """A free time as its button sends it: the clock at its room, with whom and where."""
    return f"{local(slot.starts_at, slot.room.location.zone)}/{slot.practitioner.pk}/{slot.room.pk}"


def fields_of(word: str) -> dict[str, str]:
    """The form's fields that the word of `in_one_word` stands for, for the form to judge; none where it isn't such a word."""
    names, parts = ("starts_at", "practitioner", "room"), word.split("/")
    return dict(zip(names, parts, strict=True)) if len(parts) == len(names) else {}
