"""An appointment's status (FHIR's words) and the only ways from one to another."""

from enum import StrEnum


class Status(StrEnum):
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    ENTERED_IN_ERROR = "entered-in-error"


# These take up the practitioner, the room, the patient and her skin; the others block nothing.
BLOCKING = (Status.BOOKED, Status.ARRIVED, Status.FULFILLED)
COMING = (Status.BOOKED, Status.ARRIVED)

ARROWS: dict[Status, frozenset[Status]] = {
    # The front desk may forget to check somebody in, so booked leads straight to fulfilled too.
    Status.BOOKED: frozenset({Status.ARRIVED, Status.FULFILLED, Status.CANCELLED, Status.NOSHOW, Status.ENTERED_IN_ERROR}),
    Status.ARRIVED: frozenset({Status.BOOKED, Status.FULFILLED, Status.CANCELLED, Status.ENTERED_IN_ERROR}),  # booked: not here yet
    Status.FULFILLED: frozenset({Status.ARRIVED, Status.ENTERED_IN_ERROR}),  # a completion reopened
    Status.NOSHOW: frozenset({Status.ARRIVED}),  # she came after all
    Status.CANCELLED: frozenset(),
    Status.ENTERED_IN_ERROR: frozenset(),
}


def may_become(status: Status, target: Status) -> bool:
    return target in ARROWS[status]
