"""What a protocol is: steps that each say when, how often and over which channel."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

A_DAY = timedelta(days=1)


class Kind(StrEnum):
    """What a message to a patient is for."""

    CONFIRMATION = "confirmation"
    REMINDER = "reminder"
    CANCELLATION = "cancellation"
    DOSE = "dose"
    EDUCATION = "education"
    CHECK_IN = "check_in"
    RESULTS = "results"
    RECALL = "recall"
    OFFER = "offer"
    REPLY = "reply"


@dataclass(frozen=True, slots=True)
class Text:
    """A step's words in one language, with placeholders. A text message uses `sms`, an email `subject` and `email`."""

    sms: str
    subject: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """Messages counted from the end of the session.

    Elapsed: `times` messages, the first after `first_after`, then `every` so often.
    Wall clock (where `at` is given): at those local times, starting with the first of them later than `first_after`, `times` in all.
    `until`: none later than this after the end of the session, so that there may be fewer than `times`, or none.
    """

    slug: str
    kind: Kind
    channel: str
    first_after: timedelta
    times: int
    valid_for: timedelta
    every: timedelta | None = None
    at: tuple[time, ...] = ()
    until: timedelta | None = None
    facts: str = ""
    texts: dict[str, Text] = field(default_factory=dict, compare=False)

    @property
    def spacing(self) -> timedelta:
        """The shortest time between two of its messages; a day where it has but one, or one a day."""
        if self.at:
            clocks = sorted(timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second) for clock in self.at)
            return min(later - sooner for sooner, later in zip(clocks, [*clocks[1:], clocks[0] + A_DAY], strict=True))
        return self.every or A_DAY


@dataclass(frozen=True, slots=True)
class Protocol:
    slug: str
    name: str
    steps: tuple[Step, ...]
