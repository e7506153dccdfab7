"""What can be done about a recall, and what comes of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

AGREED_HIDES_DAYS = 30
CALL_LATER_HIDES_DAYS = 7
COUNTS_FOR_DAYS = 60  # after a recall, in which a booking counts as brought by it
SNOOZE_DAYS, LONGEST_SNOOZE_DAYS = 30, 365
FEWEST_FOR_PERCENT = 10  # of fewer, one patient would move a percentage by more than it means


def percent(part: int, whole: int) -> int | None:
    """Rounded, a half upwards. None of so few that it would say nothing; all or none only where it is so."""
    if whole < FEWEST_FOR_PERCENT:
        return None
    rounded = (200 * part + whole) // (2 * whole)
    return min(max(rounded, 1), 99) if 0 < part < whole else rounded


class Way(StrEnum):
    CALL = "call"
    SMS = "sms"
    EMAIL = "email"
    SNOOZE = "snooze"


class Outcome(StrEnum):
    WAITING = "waiting"
    TOLD = "told"
    NOT_TOLD = "not_told"
    AGREED = "agreed"
    CALL_LATER = "call_later"
    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    SNOOZED = "snoozed"
    RESUMED = "resumed"


# Of a call.
OF_A_CALL = (Outcome.AGREED, Outcome.CALL_LATER, Outcome.NO_ANSWER, Outcome.DECLINED)
# What decides, as the last of its kind, whether she is on the list.
DECIDING = (Outcome.AGREED, Outcome.CALL_LATER, Outcome.DECLINED, Outcome.SNOOZED, Outcome.RESUMED)
# What reached her, or was tried: an attempt.
ATTEMPTS = (Outcome.TOLD, *OF_A_CALL)


def hidden_until(outcome: Outcome, today: date) -> date | None:
    """The last day on which a call with that outcome takes her off the list; None where it doesn't."""
    days = {Outcome.AGREED: AGREED_HIDES_DAYS, Outcome.CALL_LATER: CALL_LATER_HIDES_DAYS}.get(outcome)
    return today + timedelta(days=days) if days else None


@dataclass(slots=True)
class Deeds:
    """What was done about one recall, in short."""

    attempts: int = 0
    last_outcome: str = ""
    hidden_until: date | None = None
    is_declined: bool = False

    def add(self, outcome: str, hidden_until: date | None) -> None:
        """In the order in which it was done."""
        if outcome == Outcome.WAITING:
            return
        self.last_outcome = outcome
        self.attempts += outcome in ATTEMPTS
        if outcome in DECIDING:
            self.is_declined, self.hidden_until = outcome == Outcome.DECLINED, hidden_until
