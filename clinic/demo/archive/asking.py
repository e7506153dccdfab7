"""What was done about a recall: told when it was due, called, snoozed, and what came of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from scheduling.domain.outcomes import Outcome, Way, hidden_until
from scheduling.domain.recalls import DueAgain

REMEMBERED_DAYS = 400
# When the clinic's policy tells somebody, in days from the due date: its steps, in order.
STEPS = (-14, 0, 28)
TOLD_AT_ALL, TOLD_AGAIN = 0.45, 0.7
CALLED, SNOOZED = 0.22, 0.05
OUTCOMES = ((50, Outcome.NO_ANSWER), (18, Outcome.CALL_LATER), (14, Outcome.AGREED), (18, Outcome.DECLINED))
WHY_DECLINED = ("moved away", "too expensive", "pregnant", "happy as it is", "goes somewhere else now")


@dataclass(frozen=True, slots=True)
class Action:
    on: date
    way: Way
    outcome: Outcome
    step: int | None = None
    reason: str = ""
    hidden_until: date | None = None
    is_answered: bool = False


def actions(random: Random, due: DueAgain, reached_by: str, booked_on: date | None, today: date) -> list[Action]:
    """In their order. `booked_on`: the day on which she booked what followed, or what is to come; nothing is done about it after that."""
    until = min(today - timedelta(days=1), booked_on or today)
    if not due.session.day < until or due.due_on < today - timedelta(days=REMEMBERED_DAYS):
        return []
    messages = told(random, due.session.day, due.due_on, reached_by, until, is_answered=booked_on is not None)
    if booked_on is None and due.due_on < today:
        return messages + _by_hand(random, due, max([due.due_on, *(one.on for one in messages)]), today)
    return messages


def told(random: Random, treated_on: date, due_on: date, reached_by: str, until: date, *, is_answered: bool) -> list[Action]:
    """By the policy, at its steps: until that day, and not everybody."""
    steps: list[Action] = []
    if not reached_by or random.random() > TOLD_AT_ALL:
        return steps
    way = Way.SMS if "sms" in reached_by else Way.EMAIL
    for number, days in enumerate(STEPS, start=1):
        on = due_on + timedelta(days=days)
        if not treated_on < on <= until or (steps and random.random() > TOLD_AGAIN):
            break
        steps.append(Action(on, way, Outcome.TOLD, step=number, is_answered=is_answered and until - on < timedelta(days=7)))
    return steps


def _by_hand(random: Random, due: DueAgain, since: date, today: date) -> list[Action]:
    luck, days = random.random(), (today - since).days
    if days < 2 or luck > CALLED + SNOOZED:
        return []
    if luck > CALLED:
        until = today + timedelta(days=random.randint(4, 60))
        return [Action(today - timedelta(days=random.randint(1, min(days, 20) - 1)), Way.SNOOZE, Outcome.SNOOZED, hidden_until=until)]
    on = since + timedelta(days=random.randint(1, min(days - 1, 90)))
    outcome = random.choices([which for _, which in OUTCOMES], [share for share, _ in OUTCOMES])[0]
    reason = random.choice(WHY_DECLINED) if outcome is Outcome.DECLINED else ""
    return [Action(on, Way.CALL, outcome, reason=reason, hidden_until=hidden_until(outcome, on))]
