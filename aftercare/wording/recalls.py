"""What asks a patient back: that her next session is due, or that it has been a while since the last (F19, F20).

Outcomes are compared by wording: change the words, and give them a new name, and a label in LABELS.
"""

from typing import NamedTuple

from django.utils.translation import gettext_lazy, gettext_noop

from aftercare.domain.protocol import Text
from scheduling.domain.cadence import RecallKind


class RecallWording(NamedTuple):
    name: str  # goes on RecallAction.wording
    text: Text


RECALLS = {
    RecallKind.NEXT_SESSION: RecallWording(
        "next-1",
        Text(
            sms=gettext_noop("{clinic}: it's time to plan your next session. Reply BOOK and we'll call you, or call {phone}."),
            subject=gettext_noop("It's time to plan your next session"),
            email=gettext_noop(
                "It's time to plan your next session: results are best when sessions aren't too far apart.\n\n"
                "Call us at {phone}, and we'll find a day that suits you."
            ),
        ),
    ),
    RecallKind.MAINTENANCE: RecallWording(
        "maintenance-1",
        Text(
            sms=gettext_noop("{clinic}: it's about time to see you again. Reply BOOK and we'll call you, or call {phone}."),
            subject=gettext_noop("It's about time to see you again"),
            email=gettext_noop(
                "It has been a while since your last session, and it's about time to see you again: regular sessions keep your results.\n\n"
                "Call us at {phone}, and we'll find a day that suits you."
            ),
        ),
    ),
}
# How staff read a wording's name. One that is no longer used keeps its label: outcomes look years back.
LABELS = {
    "next-1": gettext_lazy("Next session, first wording"),
    "maintenance-1": gettext_lazy("Maintenance, first wording"),
}


def recall_label(name: str) -> str:
    """Of what stands on RecallAction.wording; a name that nobody knows any more is its own label."""
    return str(LABELS.get(name, name))


# To BOOK.
WILL_CALL = Text(sms=gettext_noop("{clinic}: thank you. We'll call you to find a time. Or call us: {phone}."))
# To managers, in English as our own pages are. Nobody's name is in it.
DIGEST = Text(
    sms="",
    subject="Maintenance due: the week of {day}",
    email="{due}\n\n{week}\n\nThe report, with all who are due:\n{link}",
)
# What stands in each of its parts, and what does where that couldn't be counted.
DIGEST_DUE = (
    "To call now: {to_call}, of them late: {late}. What their sessions cost at list prices: {worth}.",
    "How many are to be called couldn't be counted in time: please see the report.",
)
DIGEST_WEEK = (
    "From {first} to {last}:\n"
    "Recalls by text and email: {sent}, answered: {answered}\n"
    "Sessions booked within 60 days after one: {booked}\n"
    "Patients who came back: {came_back}",
    "What came of the week from {first} to {last} couldn't be counted in time: please see the outcomes, which the report leads to.",
)
