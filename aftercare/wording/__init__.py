"""The words that patients read, and the filling-in of their placeholders. Protocol texts are data; what goes with a booking is here.

A text message carries the clinic's name and as little as possible: no treatment, no part of the body, no patient's name.
"""

from aftercare.wording.answers import (
    ALERT,
    ANSWER_FINE,
    ANSWER_NOTED_CLOSED,
    ANSWER_SOON,
    ANSWER_SOON_CLOSED,
    ANSWER_URGENT,
    ANSWER_URGENT_CLOSED,
    HELP,
    NO_OTHER_NUMBER,
)
from aftercare.wording.bookings import (
    ASKED_TO_MOVE,
    CANCELLATION,
    CONFIRMATION,
    CONFIRMED,
    CONFIRMED_ALREADY,
    GONE,
    MOVED,
    OFFER,
    OFFER_INSTEAD,
    PASSED,
    REMINDER,
    STILL_HELD,
    TAKEN,
    TO_BE_MOVED,
)
from aftercare.wording.letters import LAST_NIGHT, NIGHT, Letter, how_to_stop, letter, render, usual_product
from aftercare.wording.times import clock, clock_times, day_and_time, nearest_quarter, then_at, weekday_and_time

__all__ = [
    "ALERT",
    "ANSWER_FINE",
    "ANSWER_NOTED_CLOSED",
    "ANSWER_SOON",
    "ANSWER_SOON_CLOSED",
    "ANSWER_URGENT",
    "ANSWER_URGENT_CLOSED",
    "ASKED_TO_MOVE",
    "CANCELLATION",
    "CONFIRMATION",
    "CONFIRMED",
    "CONFIRMED_ALREADY",
    "GONE",
    "HELP",
    "LAST_NIGHT",
    "MOVED",
    "NIGHT",
    "NO_OTHER_NUMBER",
    "OFFER",
    "OFFER_INSTEAD",
    "PASSED",
    "REMINDER",
    "STILL_HELD",
    "TAKEN",
    "TO_BE_MOVED",
    "Letter",
    "clock",
    "clock_times",
    "day_and_time",
    "how_to_stop",
    "letter",
    "nearest_quarter",
    "render",
    "then_at",
    "usual_product",
    "weekday_and_time",
]
