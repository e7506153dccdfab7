"""Free times as buttons, the same on every page that offers them: the booking form, the page to move on, the next session."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localtime

from scheduling.forms.sent import in_one_word
from scheduling.services import Slot


@dataclass(frozen=True, slots=True)
class Time:
    slot: Slot
    url: str = ""  # where it leads; "" where the form around it is sent
    is_chosen: bool = False

    @property
    def starts_at(self) -> datetime:
        """On the clock of the location, and without a zone: a template would turn it into the server's."""
        return localtime(self.slot.starts_at, self.slot.room.location.zone).replace(tzinfo=None)

    @property
    def value(self) -> str:
        return in_one_word(self.slot)


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    times: list[Time]
    more: int = 0  # free quarter hours that aren't shown
