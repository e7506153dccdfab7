"""What a clinician may want to think over in a step. It keeps nothing from being published: whoever changes the times may know better."""

from collections.abc import Iterator
from datetime import timedelta

from aftercare.domain.facts import facts_in
from aftercare.domain.protocol import Kind, Step

HOUR = timedelta(hours=1)
A_DAY = timedelta(days=1)
SIX_WEEKS = timedelta(weeks=6)
# Fact → how often a dose goes on by it, as a length of time and in words.
HOW_OFTEN = {"F16": (3 * HOUR, "every 3 hours"), "F17": (12 * HOUR, "twice a day")}


def remarks_on(step: Step) -> list[str]:
    """Doses that come more often, or less, than the facts say on which the step rests (F16, F17), and what the next session ends (F19)."""
    doses = _other_than_facts(step) if step.kind is Kind.DOSE and step.times > 1 else ()
    return [*doses, *_after_the_next_session(step)]


def _after_the_next_session(step: Step) -> Iterator[str]:
    last = _last_after(step)
    if last > SIX_WEEKS:
        yield (
            f"F19 says sessions are 4 to 6 weeks apart; this step goes on until {last // A_DAY} days after one. The next session ends the "
            "plan: whoever has come by then isn’t told."
        )


def _last_after(step: Step) -> timedelta:
    """About when its last message is sent: of times of day to the day."""
    every = A_DAY / len(step.at) if step.at else step.every or timedelta()
    last = step.first_after + every * (step.times - 1)
    return last if step.until is None else min(last, step.until)


def _other_than_facts(step: Step) -> Iterator[str]:
    for fact in facts_in(step.facts):
        if fact not in HOW_OFTEN:
            continue
        every, said = HOW_OFTEN[fact]
        mean = A_DAY / len(step.at) if step.at else step.every
        if mean and mean != every:
            yield f"{fact} says {said}; this step says {_often(step)}."


def _often(step: Step) -> str:
    if step.at:
        number = len(step.at)
        return {1: "once a day", 2: "twice a day"}.get(number, f"{number} times a day")
    hours = (step.every or HOUR) // HOUR
    return "every hour" if hours == 1 else f"every {hours} hours"
