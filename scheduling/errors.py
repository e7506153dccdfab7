"""Why a booking is refused. Each has a `code` for programs and a sentence for people."""

from datetime import date


class BookingRefused(Exception):
    """Nothing was changed. `str()` is the sentence that the person at the desk reads."""

    code = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TooSoon(BookingRefused):
    """The skin needs longer (F19). `earliest` is the first clinic-local day that it allows from the day asked for."""

    code = "too_soon"

    def __init__(self, sentence: str, earliest: date) -> None:
        super().__init__(sentence)
        self.earliest = earliest


class PractitionerBusy(BookingRefused):
    code = "practitioner_busy"


class RoomBusy(BookingRefused):
    code = "room_busy"


class PatientBusy(BookingRefused):
    code = "patient_busy"


class Closed(BookingRefused):
    code = "closed"


class InPast(BookingRefused):
    code = "in_past"


class TooFarAhead(BookingRefused):
    """So far ahead that it is a slip of the keyboard."""

    code = "too_far_ahead"


class NoSuchTime(BookingRefused):
    """The clocks are put forward over it."""

    code = "no_such_time"


class IllegalMove(BookingRefused):
    """The appointment can't take this step: its status or the times given don't allow it."""

    code = "illegal_move"


class NotOffered(BookingRefused):
    """The practitioner doesn't perform the treatment, or not at this room's location."""

    code = "not_offered"


class PatientErased(BookingRefused):
    """Who she was is gone: nothing of hers is booked or changed any more."""

    code = "patient_erased"

    def __init__(self, sentence: str = "This patient was erased. Nothing was saved.") -> None:
        super().__init__(sentence)


class CantWait(BookingRefused):
    """Nobody can wait for that: the days are over, or there is nothing to give up."""

    code = "cant_wait"


class AlreadyWaiting(BookingRefused):
    code = "already_waiting"


class NothingToRecall(BookingRefused):
    """She isn't asked back for that session: she is booked, came back, or declined, or somebody did something about it just now."""

    code = "nothing_to_recall"


class Gone(BookingRefused):
    """A time that was offered isn't free any more, or not for this patient."""

    code = "gone"


class TooSlow(Exception):
    """A report or an export was ended. `str()` is the sentence for whoever asked for it."""


class FileRefused(Exception):
    """A file of patients can't be read, or isn't there any more. Nothing was imported. `str()` is the sentence for who brought it."""
